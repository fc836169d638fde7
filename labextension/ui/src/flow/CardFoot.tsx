import type { ReactElement } from 'react';
import type { NodeView } from '../contracts/events';
import { count, duration } from '../format';
import { useNow } from '../live/useNow';
import { Progress } from '../parts/small';
import { discarded } from './edits';
import { useEditCount, useNodeView, useScene } from './scene';

/** What is not zero: how long it took, how often it was tried, what it said. */
export function CardFoot({ id }: { id: string }): ReactElement | null {
  const node = useNodeView(id);
  const isEdited = useEditCount(id) > 0;
  if (isEdited) return <EditedFoot id={id} />;
  if (!node) return null;
  const isRunning = node.status === 'running';
  const progress = isRunning ? node.progress : null;
  return (
    <footer className="pai-Card-foot">
      {isRunning && <Elapsed since={node.started_at} />}
      {facts(node).map(fact => (
        <span key={fact}>{fact}</span>
      ))}
      {progress && (
        <span>
          {progress.done.toLocaleString()}
          {progress.total === null ? '' : ` of ${progress.total.toLocaleString()}`}
        </span>
      )}
      {progress?.total && <Progress done={progress.done} total={progress.total} />}
    </footer>
  );
}

function facts(node: NodeView): string[] {
  const said: string[] = [];
  if (node.status === 'reused') said.push('reused, not run again');
  if (node.duration_s !== null) said.push(duration(node.duration_s));
  if (node.attempt > 1) said.push(node.retry_cause === 'worker_lost' ? `${node.attempt}× · its worker stopped` : `${node.attempt}×`);
  if (node.log_count > 0) said.push(count(node.log_count, 'line'));
  return said;
}

function Elapsed({ since }: { since: string | null }): ReactElement | null {
  const now = useNow(since !== null);
  if (since === null) return null;
  const seconds = Math.floor((now - Date.parse(since)) / 1000);
  return seconds < 1 ? null : <span>{duration(seconds)}</span>;
}

/** Something here is not as it ran: run it, or take it back. */
function EditedFoot({ id }: { id: string }): ReactElement {
  const { runFrom, edits } = useScene();
  return (
    <footer className="pai-Card-foot pai-Card-edited">
      <button type="button" className="pai-Link" tabIndex={-1} onClick={() => edits.update(old => discarded(old, id))}>
        Discard
      </button>
      {runFrom && (
        <button type="button" className="pai-Button pai-primary pai-small" tabIndex={-1} onClick={() => runFrom(id)}>
          ▸ Run from here
        </button>
      )}
    </footer>
  );
}
