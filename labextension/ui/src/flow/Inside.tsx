import { Fragment, type ReactElement, useState } from 'react';
import { breakAt, clearBreak } from '../api/control';
import type { GraphNode, InnerNode } from '../contracts/graph';
import { count } from '../format';
import { useAction } from '../live/action';
import { busy } from '../parts/Do';
import { BreakHere, Dot, pointWords, useCanBreak } from './Breakpoint';
import { shownFlows } from './geometry';
import { useRunView, useScene } from './scene';
import { alike, heldInside, type InnerPoint, pointsAt, under } from './within';

/** The flows that a control node runs, a row each; a press on a node in them sets a breakpoint. */
export function CardInside({ node }: { node: GraphNode }): ReactElement | null {
  const flows = shownFlows(node);
  if (!flows.length) return null;
  return (
    <ul className="pai-Card-inside" aria-label="Runs">
      {flows.map(([role, told]) => (
        <li key={role} title={`${role}: ${told}`}>
          <i>{role.replace('_', ' ')}</i>{' '}
          {told.split(' → ').map((name, n) => (
            <Fragment key={name}>
              {n > 0 && ' → '}
              <CardInner node={node} role={role} name={name} isRest={name === '…'} />
            </Fragment>
          ))}
        </li>
      ))}
    </ul>
  );
}

interface CardInnerProps {
  node: GraphNode;
  role: string;
  name: string;
  /** Whether it stands for all that the row has no room for. */
  isRest: boolean;
}

/** A node inside: a dot where the run is to pause in it, dashed where it lies still. */
function CardInner({ node, role, name, isRest }: CardInnerProps): ReactElement {
  const { host, runId, place } = useScene();
  const canBreak = useCanBreak();
  const turning = useAction();
  const inside = isRest ? restOf(node, role) : under(node, role, name);
  const points = usePoints(inside);
  const isHeld = useRunView(({ view }) => {
    const held = heldInside(view);
    return held !== null && inside.some(({ at }) => at === alike(held));
  });
  const own = isRest ? undefined : inside.find(it => it.name === name);
  const said = pointsWords(points);
  const dot = points.length > 0 && <Dot points={points} label={said} />;
  if (!canBreak || inside.length === 0) {
    return (
      <span data-held={isHeld || undefined} title={said || undefined}>
        {dot}
        {name}
      </span>
    );
  }

  function press(): void {
    const mine = points.filter(point => point.at === own?.at);
    if (!own || points.length > mine.length || turning.problem) {
      turning.forget();
      place.set({ at: node.id, open: node.id }); // more than one press can say
    } else {
      turning.run(() => (mine.length > 0 ? clearBreak : set)(host, runId ?? '', own.at));
    }
  }

  const title = turning.problem?.message ?? (said || `Pause before ${own?.at ?? 'one of these'}`);
  return (
    <button
      type="button"
      className="pai-Card-inner nodrag"
      tabIndex={-1}
      title={title}
      aria-label={`Pause before ${own?.at ?? `a node inside ${node.id}`}`}
      aria-pressed={points.length > 0}
      aria-invalid={turning.problem !== null || undefined}
      data-held={isHeld || undefined}
      {...busy(turning)}
      onClick={press}
    >
      {dot}
      {name}
    </button>
  );
}

const set: typeof clearBreak = (host, runId, at) => breakAt(host, runId, at, null);

function restOf(node: GraphNode, role: string): readonly InnerNode[] {
  const shown = (node.flows?.[role] ?? '').split(' → ');
  return (node.inside ?? []).filter(it => it.role === role && !shown.includes(it.name.split('/')[0] ?? ''));
}

/** A line for each breakpoint. */
export function pointsWords(points: readonly InnerPoint[]): string {
  return points.map(point => `${point.at}: ${pointWords(point)}`).join('\n');
}

/** The breakpoints of some nodes inside. They stay the same object as long as they are the same. */
export function usePoints(inside: readonly InnerNode[]): readonly InnerPoint[] {
  const told = useRunView(({ view }) => JSON.stringify(inside.flatMap(({ at }) => pointsAt(view, at))));
  return JSON.parse(told) as InnerPoint[];
}

/** More nodes than this would push all else out of sight. */
const FEW = 6;

/** In the inspector: every node that a control node runs, to pause before it. */
export function InspectorInside({ node }: { node: GraphNode }): ReactElement | null {
  const canBreak = useCanBreak();
  const { inside = [] } = node;
  const hasPoints = usePoints(inside).length > 0;
  const [isOpen] = useState(hasPoints || inside.length <= FEW); // a person opens and closes it from then on
  if (!canBreak || inside.length === 0) return null;
  const roles = [...new Set(inside.map(it => it.role))];
  return (
    <details className="pai-Inspector-within" open={isOpen}>
      <summary>Inside it, {count(inside.length, 'node')}</summary>
      {roles.map(role => (
        <section key={role} className="pai-Inspector-inside" aria-label={`Nodes of ${role}`}>
          {(roles.length > 1 || role !== 'body') && <p className="pai-quiet">{role.replace('_', ' ')}</p>}
          {inside
            .filter(it => it.role === role)
            .map(it => (
              <InnerBreaks key={it.at} inner={it} />
            ))}
        </section>
      ))}
    </details>
  );
}

/** A node inside, with a breakpoint for all its like, and those that somebody set at one of them. */
function InnerBreaks({ inner }: { inner: InnerNode }): ReactElement {
  const { at, name, port } = inner;
  const points = usePoints([inner]);
  const all = points.find(point => point.at === at) ?? null;
  return (
    <>
      <BreakHere at={at} label={`Pause before ${name}`} point={all} port={port} />
      {points
        .filter(point => point.at !== at)
        .map(point => (
          <BreakHere key={point.at} at={point.at} label={`Pause before ${point.at}`} point={point} port={port} />
        ))}
    </>
  );
}
