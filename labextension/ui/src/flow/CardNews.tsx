import type { ReactElement } from 'react';
import type { NodeStatus, NodeView, RunView } from '../contracts/events';
import { exactTime } from '../format';
import { WithCode } from '../parts/Notice';
import { useNodeView, useRunView, useScene } from './scene';
import { circuitOf, stopOf } from './stopped';
import { shownOf } from './value';
import { ValuePreview } from './ValuePreview';
import { shownState, waitOf } from './wait';

/** The one thing that a run says of a node beside its state: an error, a question, or its value. */
export function CardNews({ id }: { id: string }): ReactElement | null {
  const { nameOf, place } = useScene();
  const node = useNodeView(id);
  const run = useRunView(({ view }) => view.status);
  if (!node) return null;
  const open = (): void => place.set({ at: id, open: id });

  if (node.status === 'failed' && node.error) {
    const { message, remedy, traceback } = node.error;
    return (
      <div className="pai-Card-error nopan" role="alert">
        <p className="pai-Card-said">{message}</p>
        {remedy && (
          <p className="pai-Card-remedy">
            <WithCode text={remedy} />
          </p>
        )}
        {traceback && (
          <button type="button" className="pai-Link" tabIndex={-1} onClick={open}>
            Traceback, {traceback.trimEnd().split('\n').length} lines
          </button>
        )}
      </div>
    );
  }
  const wait = waitOf(node, exactTime);
  if (wait) return <p className="pai-Card-note">{sentence(`waits ${wait}`)}</p>;
  if (node.status === 'waiting' && node.question) {
    return (
      <div className="pai-Card-asks">
        <p className="pai-Card-said">{node.question.text}</p>
        <button type="button" className="pai-Link" tabIndex={-1} onClick={open}>
          Answer
        </button>
      </div>
    );
  }
  const stop = stopOf(node, nameOf);
  if (stop) return <p className="pai-Card-note">{stop.startsWith('stopped') ? sentence(stop) : `Did not run, ${stop}.`}</p>;
  const circuit = circuitOf(node, exactTime);
  if (circuit && node.circuit?.state !== 'closed') return <p className="pai-Card-note">{sentence(circuit)}</p>;
  if (node.status === 'retrying' && node.error) {
    return <p className="pai-Card-note">{node.error.message}</p>;
  }
  const inside = insideOf(node, run);
  if (inside && (node.status !== 'completed' || node.inside['failed'])) return <p className="pai-Card-note">{inside}</p>;
  const value = firstLarge(node);
  return value && <ValuePreview value={value} size="small" />;
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What is going on in the flows that a control node runs: `12 completed, 2 running`. */
export function insideOf({ choice, inside }: NodeView, run: RunView['status']): string {
  const stateOf = (status: string): string => shownState({ status: status as NodeStatus, wait: null }, run);
  const counts = Object.entries(inside).map(([status, count]) => `${count} ${stateOf(status)}`);
  return [...(choice ? [`→ ${choice}`] : []), ...(counts.length ? [`inside: ${counts.join(', ')}`] : [])].join(' · ');
}

/** The first value that has more to show than fits on its row. */
function firstLarge(node: NodeView): NodeView['outputs'][string] | null {
  const isLarge = (value: NodeView['outputs'][string]): boolean => !['scalar', 'opaque'].includes(shownOf(value).kind);
  return Object.values(node.outputs).find(isLarge) ?? null;
}
