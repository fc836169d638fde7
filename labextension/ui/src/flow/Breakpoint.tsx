import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { breakAt, clearBreak } from '../api/control';
import { hasEnded } from '../api/runs';
import type { NodeView } from '../contracts/events';
import type { GraphNode } from '../contracts/graph';
import { useAction } from '../live/action';
import { busy, Refused } from '../parts/Do';
import { useRunView, useScene } from './scene';

const OVER: ReadonlySet<string> = new Set(['completed', 'reused', 'failed', 'skipped', 'cancelled', 'running']);

/** Whether the run is to pause before a node, and on what condition. */
export function Breakpoint({ node, view }: { node: GraphNode; view: NodeView | null }): ReactElement | null {
  const { host, runId } = useScene();
  const isOver = useRunView(live => live.view.seq === 0 || hasEnded(live.view.status));
  const point = view?.breakpoint ?? null;
  const [when, setWhen] = useState(point?.when ?? '');
  const turning = useAction();
  const setting = useAction();
  if (runId === null || isOver || (view && OVER.has(view.status) && !point)) return null;

  function set(): void {
    setting.run(() => breakAt(host, runId ?? '', node.id, when.trim() || null));
  }

  function turn(isOn: boolean): void {
    turning.run(() => (isOn ? breakAt(host, runId ?? '', node.id, when.trim() || null) : clearBreak(host, runId ?? '', node.id)));
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
        Pause before this node
      </label>
      {point && (
        <label>
          <span className="pai-quiet">only when</span>
          <input
            type="text"
            value={when}
            spellCheck={false}
            placeholder={`${node.inputs[0]?.name ?? 'n'} > 3`}
            aria-label={`Condition over the inputs of ${node.id}`}
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
  const word = `Pauses before it${point.when ? ` when ${point.when}` : ''} (${point.by})`;
  return (
    <span className="pai-Badge pai-BreakpointBadge" title={word}>
      <svg viewBox="0 0 16 16" role="img" aria-label={word} data-when={point.when !== null || undefined}>
        <circle cx="8" cy="8" r="4.6" />
      </svg>
    </span>
  );
}
