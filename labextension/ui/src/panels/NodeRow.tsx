import type { ReactElement } from 'react';
import { duration, exactTime } from '../format';
import { circuitOf, stopOf } from '../flow/stopped';
import { wordsOf } from '../flow/value';
import { shownState, waitOf } from '../flow/wait';
import type { NodeView, RunView } from '../contracts/events';
import { Progress } from '../parts/small';
import { StateMark } from '../parts/StateMark';
import { Traceback } from '../parts/Traceback';

interface NodeRowProps {
  readonly id: string;
  readonly node: NodeView;
  readonly run: RunView['status'];
  readonly now: number;
}

/** One node of a run: its state, how long it took, what it gave, what went wrong. */
export function NodeRow({ id, node, run, now }: NodeRowProps): ReactElement {
  const wait = waitOf(node, exactTime);
  return (
    <li className="pai-Node">
      <StateMark state={shownState(node, run)} />
      <span className="pai-Node-name" title={node.path ? `${id} at ${node.path}` : id}>
        {id}
      </span>
      <span className="pai-quiet">{timing(node, now)}</span>
      {node.progress?.total && node.status === 'running' && (
        <Progress done={node.progress.done} total={node.progress.total} />
      )}
      {wait && <span className="pai-quiet">{wait}</span>}
      {node.status === 'skipped' && <span className="pai-quiet">{stopOf(node)}</span>}
      {node.circuit && <span className="pai-quiet">{circuitOf(node, exactTime)}</span>}
      {(node.status === 'completed' || node.status === 'reused') && <Values outputs={node.outputs} />}
      {node.status === 'failed' && node.error && (
        <div className="pai-Error">
          <p>{node.error.message}</p>
          {node.error.traceback && <Traceback text={node.error.traceback} />}
        </div>
      )}
    </li>
  );
}

function Values({ outputs }: { outputs: NodeView['outputs'] }): ReactElement {
  return (
    <>
      {Object.entries(outputs).map(([port, value]) => {
        const text = value.preview == null ? wordsOf(value) : short(value.preview);
        return (
          <span key={port} className="pai-Node-value" title={port}>
            {port === 'result' ? text : `${port}: ${text}`}
          </span>
        );
      })}
    </>
  );
}

function short(preview: unknown): string {
  const text = typeof preview === 'string' ? preview : JSON.stringify(preview);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function timing(node: NodeView, now: number): string {
  const again = node.attempt > 1 ? ` · ${node.attempt}×` : '';
  if (node.duration_s !== null) return duration(node.duration_s) + again;
  if (node.status !== 'running' || !node.started_at) return again.slice(3);
  const elapsed = (now - Number(new Date(node.started_at))) / 1000;
  const far = node.progress?.total ? ` · ${node.progress.done} of ${node.progress.total}` : '';
  return `${elapsed < 1 ? '' : duration(Math.floor(elapsed))}${far}${again}`.replace(/^ · /, '');
}
