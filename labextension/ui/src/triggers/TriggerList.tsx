import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import type { Schedule, TriggeredRun, Webhook } from '../api/triggers';
import { ago, ahead, count, exactTime } from '../format';
import { StateMark, stateWord } from '../parts/StateMark';
import { byUrgency, failuresIn, stateOf, toldWhen, whenOf } from './words';

interface TriggerListProps<T> {
  triggers: readonly T[];
  label: string;
  now: number;
  /** The one that somebody comes back from: it has the focus. */
  last: string | null;
  onOpen(name: string): void;
}

/** Schedules or webhooks: what fails first, then what comes next, then what rests. */
export function TriggerList<T extends Schedule | Webhook>({ triggers, label, now, last, onOpen }: TriggerListProps<T>): ReactElement {
  const root = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (last) root.current?.querySelector<HTMLElement>(`[data-name="${CSS.escape(last)}"]`)?.focus();
  }, []);
  return (
    <ul ref={root} className="pai-TriggerList" aria-label={label} onKeyDown={moveFocus}>
      {byUrgency(triggers).map(each => (
        <li key={each.name} className="pai-TriggerItem">
          <button type="button" className="pai-RunRow" data-name={each.name} onClick={() => onOpen(each.name)}>
            <StateMark state={stateOf(each)} word={markWord(each)} />
            <span className="pai-RunRow-name" title={each.flow === each.name ? each.name : `${each.name}, runs ${each.flow}`}>
              {each.name}
            </span>
            {'next_at' in each ? <Next schedule={each} now={now} /> : <Last webhook={each} now={now} />}
            <span className="pai-Trigger-second" title={secondLine(each)}>
              {secondLine(each)}
            </span>
            <Third trigger={each} now={now} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Next({ schedule, now }: { schedule: Schedule; now: number }): ReactElement {
  if (!schedule.is_on) return <span className="pai-quiet">paused</span>;
  if (schedule.next_at === null) return <span className="pai-quiet">over</span>;
  return (
    <time className="pai-quiet" dateTime={schedule.next_at} title={exactTime(schedule.next_at)}>
      {ahead(schedule.next_at, now)}
    </time>
  );
}

function Last({ webhook, now }: { webhook: Webhook; now: number }): ReactElement {
  if (!webhook.is_on) return <span className="pai-quiet">paused</span>;
  const at = webhook.last_delivery?.at ?? webhook.last_at;
  if (at === null) return <span className="pai-quiet">nothing yet</span>;
  return (
    <time className="pai-quiet" dateTime={at} title={exactTime(at)}>
      {ago(at, now)}
    </time>
  );
}

function secondLine(trigger: Schedule | Webhook): string {
  const flow = trigger.flow === trigger.name ? '' : `${trigger.flow} · `;
  if ('next_at' in trigger) return flow + toldWhen(trigger);
  const into = trigger.body_input === null ? 'its fields to the inputs' : `what is sent to ${trigger.body_input}`;
  return flow + into;
}

/** How it went, the newest run last as on a timeline; or why nothing runs. */
function Third({ trigger, now }: { trigger: Schedule | Webhook; now: number }): ReactElement {
  const wrong = whatIsWrong(trigger);
  if (wrong) return <span className="pai-Trigger-wrong">{wrong}</span>;
  if (trigger.recent.length === 0) {
    const next = 'next_at' in trigger && trigger.is_on && trigger.next_at ? `first on ${whenOf(trigger.next_at, now)}` : 'no run yet';
    return <span className="pai-Trigger-second">{next}</span>;
  }
  return <Recent runs={trigger.recent} />;
}

function whatIsWrong(trigger: Schedule | Webhook): string {
  if ('error' in trigger && trigger.error) return `No run: ${trigger.error.message}`;
  const last = 'last_delivery' in trigger ? trigger.last_delivery : null;
  return last?.error ? `Refused: ${last.error.message}` : '';
}

export function Recent({ runs }: { runs: readonly TriggeredRun[] }): ReactElement {
  const failures = failuresIn(runs);
  return (
    <span className="pai-Trigger-recent">
      <span role="img" aria-label={`Last runs, newest last: ${[...runs].reverse().map(run => stateWord(run.status)).join(', ')}`}>
        {[...runs].reverse().map(run => (
          <i key={run.run_id} data-state={run.status} title={`${stateWord(run.status)}, ${exactTime(run.created_at)}`} />
        ))}
      </span>
      <span>{failures || count(runs.length, 'good run').replace('good ', '')}</span>
    </span>
  );
}

function markWord(trigger: Schedule | Webhook): string {
  const state = stateOf(trigger);
  if (state === 'paused') return 'Paused';
  if (state === 'idle') return 'No run yet';
  return `Last: ${stateWord(state)}`;
}

/** Arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.pai-RunRow')];
  const here = rows.findIndex(row => row === document.activeElement);
  rows[Math.min(Math.max(here + step, 0), rows.length - 1)]?.focus();
  event.preventDefault();
}
