import type { ReactElement } from 'react';
import type { GraphNode } from '../contracts/graph';
import { StateMark } from '../parts/StateMark';
import { EffectBadge, OwnBadge } from './Badges';
import { BreakpointBadge } from './Breakpoint';
import { CardFoot } from './CardFoot';
import { CardNews } from './CardNews';
import { shownInputs } from './geometry';
import { InputRow } from './InputRow';
import { CardInside } from './Inside';
import { OutputRow } from './OutputRow';
import { useNodeView, useScene } from './scene';

/** A node from near: its ports, its values, and what the run says of it. */
export function Card({ node, state }: { node: GraphNode; state: string | null }): ReactElement {
  const { nameOf, place } = useScene();
  const shown = shownInputs(node);
  const hidden = node.inputs.length - shown.length;
  const name = nameOf(node.id);
  const open = (): void => place.set({ at: node.id, open: node.id });
  return (
    <>
      <header className="pai-Card-head">
        {state && <StateMark state={state} />}
        <b title={[name === node.id ? node.title : node.id, node.help].filter(Boolean).join(' · ')}>{name}</b>
        <BreakpointBadge view={useNodeView(node.id)} />
        <OwnBadge node={node} />
        <EffectBadge node={node} />
        <button type="button" className="pai-Icon pai-Card-open nodrag" tabIndex={-1} aria-label={`Open ${name}`} onClick={open}>
          ⋯
        </button>
      </header>
      <ul className="pai-Card-ports">
        {shown.map(input => (
          <InputRow key={input.name} node={node.id} input={input} />
        ))}
        {hidden > 0 && (
          <li>
            <button type="button" className="pai-Card-more" tabIndex={-1} onClick={open}>
              {hidden} more {hidden === 1 ? 'input' : 'inputs'}, not set
            </button>
          </li>
        )}
        {node.outputs.map(port => (
          <OutputRow key={port.name} node={node.id} port={port} />
        ))}
      </ul>
      <CardInside node={node} />
      {state && <CardNews id={node.id} />}
      <CardFoot id={node.id} />
    </>
  );
}
