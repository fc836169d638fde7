import type { NodeProps } from '@xyflow/react';
import { type KeyboardEvent, memo, type ReactElement, useContext } from 'react';
import type { GraphNode } from '../contracts/graph';
import { useStore } from '../live/store';
import { StateMark, stateWord } from '../parts/StateMark';
import { Bar } from './Bar';
import { Card } from './Card';
import type { BlockElement } from './elements';
import { portRows } from './geometry';
import { nodeIn } from './group';
import { familyHue } from './hue';
import { DetailContext, useEditCount, useNodeState, useRunView, useScene } from './scene';
import { isHeldIn } from './within';

/** A node of the flow: all of it from near, its title and state from afar. */
export const BlockNode = memo(function BlockNode({ data }: NodeProps<BlockElement>): ReactElement {
  const { node, height } = data;
  const detail = useContext(DetailContext);
  const { place, nameOf } = useScene();
  const state = useNodeState(node.id);
  const isHeld = useRunView(({ view }) => view.status === 'paused' && (nodeIn(view, node.id)?.is_held === true || isHeldIn(view, node.id)));
  const isEdited = useEditCount(node.id) > 0;
  const name = nameOf(node.id);
  const isAt = useStore(place, ({ at }) => at === node.id);
  const isOpen = useStore(place, ({ open }) => open === node.id);

  function open(): void {
    place.set({ at: node.id, open: node.id });
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    event.preventDefault();
    open();
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
        data-held={isHeld || undefined}
        data-edited={isEdited || undefined}
        data-node={node.id}
        style={detail === 'full' ? undefined : { height }}
        tabIndex={isAt ? 0 : -1}
        role="group"
        aria-roledescription="node"
        aria-label={[name, state && stateWord(state), isEdited && 'changed', isHeld && 'the run halts before it'].filter(Boolean).join(', ')}
        onFocus={() => place.update(old => (old.at === node.id ? old : { ...old, at: node.id }))}
        onKeyDown={keyDown}
        onClick={detail === 'full' ? undefined : open}
        onDoubleClick={open}
      >
        {detail === 'full' ? (
          <Card node={node} state={state} />
        ) : detail === 'cell' ? (
          state && <StateMark state={state} />
        ) : (
          <Bar id={node.id} state={state} isFar={detail === 'title'} />
        )}
      </div>
    </>
  );
});

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
