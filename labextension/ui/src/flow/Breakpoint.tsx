import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { breakAt, clearBreak } from '../api/control';
import { hasEnded } from '../api/runs';
import type { Breakpoint as Point, NodeView } from '../contracts/events';
import type { GraphNode } from '../contracts/graph';
import { useAction } from '../live/action';
import { busy, Refused } from '../parts/Do';
import { useRunView, useScene } from './scene';

const OVER: ReadonlySet<string> = new Set(['completed', 'reused', 'failed', 'skipped', 'cancelled', 'running']);

/** Whether the run of the drawing can still pause anywhere. */
export function useCanBreak(): boolean {
  const { runId } = useScene();
  const isOver = useRunView(live => live.view.seq === 0 || hasEnded(live.view.status));
  return runId !== null && !isOver;
}

/** Whether the run is to pause before a node, and on what condition. */
export function Breakpoint({ node, view }: { node: GraphNode; view: NodeView | null }): ReactElement | null {
  const canBreak = useCanBreak();
  const point = view?.breakpoint ?? null;
  if (!canBreak || (view && OVER.has(view.status) && !point)) return null;
  return <BreakHere at={node.id} label="Pause before this node" point={point} port={node.inputs[0]?.name ?? null} />;
}

interface BreakHereProps {
  /** What the run calls the node; with a star, all of its like. */
  at: string;
  label: string;
  point: Point | null;
  /** An input of the node, as an example of what a condition speaks of. */
  port: string | null;
}

/** A breakpoint to be set, given a condition, and taken away. */
export function BreakHere({ at, label, point, port }: BreakHereProps): ReactElement {
  const { host, runId } = useScene();
  const [when, setWhen] = useState(point?.when ?? '');
  const turning = useAction();
  const setting = useAction();

  function set(): void {
    setting.run(() => breakAt(host, runId ?? '', at, when.trim() || null));
  }

  function turn(isOn: boolean): void {
    turning.run(() => (isOn ? breakAt(host, runId ?? '', at, when.trim() || null) : clearBreak(host, runId ?? '', at)));
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter') return;
    event.preventDefault(); // Lab takes a form's own Enter away
    set();
  }

  const isChanged = point !== null && (point.when ?? '') !== when.trim();
  return (
    <div className="pai-Breakpoint">
      <label>
        <input
          type="checkbox"
          checked={point !== null}
          {...busy(turning)}
          onChange={event => turn(event.target.checked)}
        />
        {label}
      </label>
      {point && (
        <label>
          <span className="pai-quiet">only when</span>
          <input
            type="text"
            value={when}
            spellCheck={false}
            placeholder={`${port ?? 'n'} > 3`}
            aria-label={`Condition over the inputs of ${at}`}
            aria-invalid={setting.problem !== null || undefined}
            onChange={event => setWhen(event.target.value)}
            onKeyDown={keyDown}
          />
          {isChanged && (
            <button type="button" className="pai-Button" {...busy(setting)} onClick={set}>
              Set
            </button>
          )}
        </label>
      )}
      <Refused by={turning} />
      <Refused by={setting} />
    </div>
  );
}

/** A dot on nodes that have one; hollow where a condition decides. */
export function BreakpointBadge({ view }: { view: NodeView | null }): ReactElement | null {
  const point = view?.breakpoint;
  if (!point) return null;
  return (
    <span className="pai-Badge pai-BreakpointBadge" title={pointWords(point)}>
      <Dot points={[point]} label={pointWords(point)} />
    </span>
  );
}

export function pointWords({ by, when }: Point): string {
  return `Pauses before it${when ? ` when ${when}` : ''} (${by})`;
}

/** The sign of breakpoints; hollow where each has a condition. */
export function Dot({ points, label }: { points: readonly Point[]; label: string }): ReactElement {
  return (
    <svg viewBox="0 0 16 16" role="img" aria-label={label} data-when={points.every(({ when }) => when !== null) || undefined}>
      <circle cx="8" cy="8" r="4.6" />
    </svg>
  );
}
