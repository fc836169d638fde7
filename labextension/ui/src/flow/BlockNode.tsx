import type { NodeProps } from '@xyflow/react';
import { type KeyboardEvent, memo, type ReactElement, useContext } from 'react';
import type { GraphNode } from '../contracts/graph';
import { useStore } from '../live/store';
import { StateMark, stateWord } from '../parts/StateMark';
import { Card } from './Card';
import type { BlockElement } from './elements';
import { portRows } from './geometry';
import { familyHue } from './hue';
import { DetailContext, useRunView, useScene } from './scene';

/** A node of the flow: all of it from near, its title and state from afar. */
export const BlockNode = memo(function BlockNode({ data }: NodeProps<BlockElement>): ReactElement {
  const { node, height } = data;
  const detail = useContext(DetailContext);
  const { place } = useScene();
  const state = useState_(node.id);
  const isAt = useStore(place, ({ at }) => at === node.id);
  const isOpen = useStore(place, ({ open }) => open === node.id);
  const isFull = detail === 'full';

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    place.update(old => ({ ...old, open: node.id }));
  }

  return (
    <>
      <Ports node={node} />
      <div
        className="pai-Block"
        data-detail={detail}
        data-state={state ?? undefined}
        data-hue={familyHue(node.block)}
        data-open={isOpen || undefined}
        data-node={node.id}
        style={isFull ? { minHeight: 0 } : { height }}
        tabIndex={isAt ? 0 : -1}
        role="group"
        aria-roledescription="node"
        aria-label={label(node, state)}
        onFocus={() => place.update(old => (old.at === node.id ? old : { ...old, at: node.id }))}
        onKeyDown={keyDown}
        onDoubleClick={() => place.update(old => ({ ...old, open: node.id }))}
      >
        {isFull ? <Card node={node} state={state} /> : detail !== 'cell' && <Bar node={node} state={state} />}
      </div>
    </>
  );
});

/** The state of a node, as one word of ours; null where there is no run. */
function useState_(id: string): string | null {
  return useRunView(({ view }) => {
    if (view.seq === 0) return null;
    return Object.hasOwn(view.nodes, id) ? (view.nodes[id]?.status ?? 'pending') : 'pending';
  });
}

function label(node: GraphNode, state: string | null): string {
  return [node.title || node.id, state && stateWord(state)].filter(Boolean).join(', ');
}

function Bar({ node, state }: { node: GraphNode; state: string | null }): ReactElement {
  return (
    <div className="pai-Block-bar">
      {state && state !== 'pending' && <StateMark state={state} />}
      <span>{node.title || node.id}</span>
    </div>
  );
}

/** Where edges arrive and leave. React Flow looks for these classes; nobody can draw an edge here. */
const Ports = memo(function Ports({ node }: { node: GraphNode }): ReactElement {
  const rows = portRows(node);
  return (
    <>
      {[...rows.inputs].map(([name, top]) => (
        <i key={`i${name}`} className="pai-Port target" data-handleid={name} data-handlepos="left" style={{ top }} />
      ))}
      {[...rows.outputs].map(([name, top]) => (
        <i key={`o${name}`} className="pai-Port source" data-handleid={name} data-handlepos="right" style={{ top }} />
      ))}
    </>
  );
});
