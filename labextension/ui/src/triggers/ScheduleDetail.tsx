import { type ReactElement, useEffect, useState } from 'react';
import type { Host } from '../api/host';
import { type Schedule, type Times, timesOf } from '../api/triggers';
import { ahead, count, exactTime } from '../format';
import { Do } from '../parts/Do';
import { WithCode } from '../parts/Notice';
import { Ago } from '../parts/small';
import { StateMark, stateWord } from '../parts/StateMark';
import { Confirm } from './Confirm';
import { GivenInputs } from './GivenInputs';
import { Fact, Head } from './Head';
import { failuresIn, MISSED, toldWhen, viewersZone, whenOf } from './words';

interface ScheduleDetailProps {
  host: Host;
  schedule: Schedule;
  now: number;
  onBack(): void;
  onRun(): Promise<void>;
  onSwitch(on: boolean): Promise<void>;
  onDrop(): Promise<void>;
  onOpenRun(runId: string): void;
}

/** One schedule: when, what, how it went, and what can be done about it. */
export function ScheduleDetail(props: ScheduleDetailProps): ReactElement {
  const { host, schedule, now, onBack, onRun, onSwitch, onDrop, onOpenRun } = props;
  const isOver = schedule.cron === null && !schedule.is_on;
  return (
    <section aria-label={`Schedule ${schedule.name}`}>
      <Head title={schedule.name} back="Back to all schedules" onBack={onBack} />
      <div className="pai-Trigger-do pai-Trigger-bar">
        <Do label="Run now" className="pai-Button pai-primary" onDo={onRun} />
        {!isOver && <Do label={schedule.is_on ? 'Pause' : 'Resume'} onDo={() => onSwitch(!schedule.is_on)} />}
        <Confirm label="Delete" question={`Delete ${schedule.name}? The runs that it started stay.`} onYes={onDrop} />
      </div>
      {schedule.error && (
        <div className="pai-Error" role="alert">
          <p>At its last time it started no run: {schedule.error.message}</p>
          {schedule.error.remedy && (
            <p className="pai-quiet">
              <WithCode text={schedule.error.remedy} />
            </p>
          )}
        </div>
      )}
      <dl className="pai-Trigger-facts">
        <Fact name="Runs">{schedule.flow}</Fact>
        <Fact name="When">{toldWhen(schedule)}</Fact>
        {schedule.cron && (
          <Fact name="Cron">
            <code>{schedule.cron}</code>
          </Fact>
        )}
        <Fact name="Next">
          <NextTime schedule={schedule} now={now} />
        </Fact>
        <Fact name="Missed">
          {MISSED[schedule.missed] ?? schedule.missed}
          {schedule.skipped > 0 && ` · ${count(schedule.skipped, 'time')} left out`}
        </Fact>
        <Fact name="With">
          <GivenInputs inputs={schedule.inputs} />
        </Fact>
        <Fact name="By">{schedule.owner}</Fact>
      </dl>
      {schedule.is_on && <Coming host={host} schedule={schedule} now={now} />}
      <h3 className="pai-Section">
        Last runs{schedule.fired > 0 && ` · ${schedule.fired.toLocaleString()} in all`}
        {failuresIn(schedule.recent) && ` · ${failuresIn(schedule.recent)}`}
      </h3>
      {schedule.recent.length === 0 && <p className="pai-Trigger-none">None yet. “Run now” does not wait for the next time.</p>}
      <ul>
        {schedule.recent.map(run => (
          <li key={run.run_id}>
            <button type="button" className="pai-Trigger-run" title={run.run_id} onClick={() => onOpenRun(run.run_id)}>
              <StateMark state={run.status} />
              <span>{stateWord(run.status)}</span>
              <Ago at={run.created_at} now={now} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NextTime({ schedule, now }: { schedule: Schedule; now: number }): ReactElement {
  if (!schedule.is_on) return <>{schedule.cron === null ? 'Its only time is over' : 'None while it is paused'}</>;
  if (schedule.next_at === null) return <>None</>;
  return (
    <time dateTime={schedule.next_at} title={exactTime(schedule.next_at)}>
      {whenOf(schedule.next_at, now)} · {ahead(schedule.next_at, now)}
    </time>
  );
}

/** The times after the next one, on the viewer's clock. */
function Coming({ host, schedule, now }: Pick<ScheduleDetailProps, 'host' | 'schedule' | 'now'>): ReactElement | null {
  const { cron, zone, next_at } = schedule;
  const [found, setFound] = useState<Times | null>(null);
  useEffect(() => {
    if (cron === null) return;
    let isStopped = false;
    timesOf(host, { cron, zone }).then(
      times => !isStopped && setFound(times),
      () => {} // the list says that the server is away
    );
    return () => {
      isStopped = true;
    };
  }, [host, cron, zone, next_at]);
  if (cron === null || found === null) return null;
  return (
    <>
      <h3 className="pai-Section">Coming, on the clock of {viewersZone()}</h3>
      <TimeList times={found.times} now={now} />
    </>
  );
}

export function TimeList({ times, now }: { times: readonly string[]; now: number }): ReactElement {
  return (
    <ol className="pai-Times">
      {times.map(at => (
        <li key={at}>
          <time dateTime={at}>{whenOf(at, now)}</time>
          <span className="pai-quiet">{ahead(at, now)}</span>
        </li>
      ))}
    </ol>
  );
}
