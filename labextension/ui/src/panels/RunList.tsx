import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import { command } from '../api/control';
import type { Host } from '../api/host';
import { hasEnded, type RunSummary } from '../api/runs';
import { count, duration, secondsBetween } from '../format';
import { useAction } from '../live/action';
import { Refused } from '../parts/Do';
import { Ago, CancelButton, CopyId, Progress } from '../parts/small';
import { StateMark, stateWord } from '../parts/StateMark';

interface RunListProps {
  host: Host;
  runs: readonly RunSummary[];
  now: number;
  /** The run that somebody comes back from: it has the focus. */
  last: string | null;
  onOpen(runId: string): void;
  /** The list is old: something was done to a run. */
  onChanged(): void;
}

/** Runs, those that need a person first, then those at work, then the newest. */
export function RunList({ runs, last, ...shared }: RunListProps): ReactElement {
  const root = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (last) root.current?.querySelector<HTMLElement>(`[data-run="${CSS.escape(last)}"]`)?.focus();
  }, []);
  return (
    <ul ref={root} className="pai-RunList" aria-label="Runs" onKeyDown={moveFocus}>
      {[...runs].sort(byUrgency).map(run => (
        <RunItem key={run.run_id} run={run} {...shared} />
      ))}
    </ul>
  );
}

function RunItem({ host, run, now, onOpen, onChanged }: Omit<RunListProps, 'runs' | 'last'> & { run: RunSummary }): ReactElement {
  const cancelling = useAction();

  async function cancel(): Promise<void> {
    // Refused or not, what is shown here may be old.
    await command(host, run.run_id, 'cancel').finally(onChanged);
  }

  return (
    <li className="pai-RunItem">
      <button type="button" className="pai-RunRow" data-run={run.run_id} onClick={() => onOpen(run.run_id)}>
        <StateMark state={stateOf(run)} />
        <span className="pai-RunRow-name" title={run.flow}>
          {run.flow}
        </span>
        <Ago at={run.created_at} now={now} />
        <span className="pai-RunRow-second" title={wholeLine(run)}>
          {secondLine(run)}
        </span>
      </button>
      <div className="pai-RunItem-tools">
        <CopyId id={run.run_id} />
        {!hasEnded(run.status) && <CancelButton flow={run.flow} isBusy={cancelling.isBusy} onClick={() => cancelling.run(cancel)} />}
      </div>
      <Refused by={cancelling} />
      {run.status === 'running' && <Progress done={run.steps_done} total={run.steps_total} />}
    </li>
  );
}

/** A run that waits and asks nobody waits for a time or a signal. */
function stateOf({ status, questions }: RunSummary): string {
  return status === 'waiting' && questions === 0 ? 'resting' : status;
}

function secondLine(run: RunSummary): string {
  if (run.questions) return `${count(run.questions, 'question')} for you`;
  if (run.error) return run.error.message;
  if (run.needs?.length) return `Waits for a worker that has ${run.needs.join(', ')}`;
  const word = stateWord(stateOf(run));
  if (run.status === 'running') return `${word} · ${run.steps_done} of ${count(run.steps_total, 'step')}`;
  const took = run.started_at && run.ended_at ? secondsBetween(run.started_at, run.ended_at) : null;
  const how = took === null ? word : `${word} in ${duration(took)}`;
  const what = run.replays ? `Replay · ${how}` : how;
  return run.expired_at ? `${what} · expired` : what;
}

/** What the second line has no room for. */
function wholeLine(run: RunSummary): string {
  const replay = run.replays ? `. It computed run ${run.replays} again` : '';
  const expired = run.expired_at ? '. Its values are no longer kept' : '';
  return `${secondLine(run)}${replay}${expired}`;
}

const URGENCY: Record<string, number> = { waiting: 0, running: 1, queued: 2 };

function byUrgency(a: RunSummary, b: RunSummary): number {
  const urgency = (run: RunSummary): number => (run.questions ? 0 : (URGENCY[run.status] ?? 3));
  return urgency(a) - urgency(b) || b.created_at.localeCompare(a.created_at);
}

/** Arrow keys go from run to run; Tab goes on to the tools of one. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.pai-RunRow')];
  const here = rows.findIndex(row => row.closest('li')?.contains(document.activeElement));
  rows[Math.min(Math.max(here + step, 0), rows.length - 1)]?.focus();
  event.preventDefault();
}
