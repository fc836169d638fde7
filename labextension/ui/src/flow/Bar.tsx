import { Fragment, type ReactElement } from 'react';
import type { NodeView } from '../contracts/events';
import { duration, exactTime } from '../format';
import { useNow } from '../live/useNow';
import { Progress } from '../parts/small';
import { StateMark } from '../parts/StateMark';
import { Dot } from './Breakpoint';
import { fitting } from './fitting';
import { pointsWords, usePoints } from './Inside';
import { useNodeView, useScene } from './scene';
import { stopOf } from './stopped';
import { shownOf, wordsOf } from './value';
import { waitOf } from './wait';

/** A node from afar: its title, its state, and the one thing to say of it, large enough to read. */
export function Bar({ id, state, isFar }: { id: string; state: string | null; isFar: boolean }): ReactElement {
  const { nameOf } = useScene();
  const name = nameOf(id);
  const room = state && state !== 'pending' ? 134 : 166;
  return (
    <div className="pai-Bar">
      <p className="pai-Bar-title" style={{ fontSize: fitting(name, room, isFar ? 29 : 24) }}>
        {state && state !== 'pending' && <StateMark state={state} />}
        <span>
          <Breakable text={name} />
        </span>
        <Points id={id} />
      </p>
      {state && <Fact id={id} />}
    </div>
  );
}

/** A dot where the run is to pause before the node, or before one inside it. */
function Points({ id }: { id: string }): ReactElement | null {
  const { graph } = useScene();
  const view = useNodeView(id);
  const inside = usePoints(graph.nodes.find(node => node.id === id)?.inside ?? []);
  const points = [...(view?.breakpoint ? [{ at: id, ...view.breakpoint }] : []), ...inside];
  if (points.length === 0) return null;
  return (
    <span className="pai-Bar-points" title={pointsWords(points)}>
      <Dot points={points} label={pointsWords(points)} />
    </span>
  );
}

function Fact({ id }: { id: string }): ReactElement | null {
  const { nameOf } = useScene();
  const node = useNodeView(id);
  if (!node) return null;
  const progress = node.status === 'running' ? node.progress : null;
  return (
    <>
      <p className="pai-Bar-fact" data-state={node.status}>
        {node.status === 'running' ? <Working node={node} /> : <Breakable text={factOf(node, nameOf)} />}
      </p>
      {progress?.total && <Progress done={progress.done} total={progress.total} />}
    </>
  );
}

function Working({ node }: { node: NodeView }): ReactElement {
  const now = useNow(node.started_at !== null);
  const seconds = node.started_at ? Math.floor((now - Date.parse(node.started_at)) / 1000) : 0;
  const parts = [
    seconds >= 1 && duration(seconds),
    node.progress?.total && `${node.progress.done} of ${node.progress.total}`,
    node.attempt > 1 && `${node.attempt}×`
  ];
  return <>{parts.filter(Boolean).join(' · ')}</>;
}

function factOf(node: NodeView, nameOf: (id: string) => string): string {
  switch (node.status) {
    case 'failed':
    case 'retrying':
      return node.error?.message ?? '';
    case 'waiting':
      return waitOf(node, exactTime) || (node.question?.text ?? '');
    case 'skipped':
      return stopOf(node, nameOf);
    case 'completed':
    case 'reused':
      return valueOf(node);
    default:
      return '';
  }
}

function valueOf(node: NodeView): string {
  const [value] = Object.values(node.outputs);
  if (!value) return '';
  const shown = shownOf(value);
  return shown.kind === 'scalar' ? shown.text : wordsOf(value);
}

/** Long names break after an underscore, not anywhere. */
function Breakable({ text }: { text: string }): ReactElement | null {
  if (!text) return null;
  return (
    <>
      {text.split(/(?<=_)/).map((part, n) => (
        <Fragment key={n}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </>
  );
}
