import type { ReactElement } from 'react';
import type { GraphInput, GraphNode } from '../contracts/graph';
import { duration } from '../format';
import { StateMark } from '../parts/StateMark';
import { EffectBadge, OwnBadge } from './Badges';
import { shownInputs } from './geometry';
import { Glyph } from './Glyph';
import { useNodeView, useScene } from './scene';

/** A node from near: its ports, its values, and what the run says of it. */
export function Card({ node, state }: { node: GraphNode; state: string | null }): ReactElement {
  const shown = shownInputs(node);
  const hidden = node.inputs.length - shown.length;
  return (
    <>
      <header className="pai-Card-head">
        {state && <StateMark state={state} />}
        <b title={node.help || node.block}>{node.title || node.id}</b>
        <OwnBadge node={node} />
        <EffectBadge node={node} />
      </header>
      <ul className="pai-Card-ports">
        {shown.map(input => (
          <Input key={input.name} input={input} />
        ))}
        {hidden > 0 && <li className="pai-Card-more pai-quiet">{hidden} more with defaults</li>}
        {node.outputs.map(port => (
          <li key={port.name} className="pai-Card-output" title={port.help || port.type}>
            <span>{port.name}</span>
            <Glyph name={port.glyph} type={port.type} />
          </li>
        ))}
      </ul>
      {state && <Foot node={node} />}
    </>
  );
}

function Input({ input }: { input: GraphInput }): ReactElement {
  return (
    <li title={input.help || input.type}>
      <Glyph name={input.glyph} type={input.type} />
      <span>{input.name}</span>
      <span className="pai-Card-from pai-quiet">
        {input.source ? `← ${input.source.node === '$input' ? input.source.port : input.source.node}` : JSON.stringify(input.value)}
      </span>
    </li>
  );
}

function Foot({ node }: { node: GraphNode }): ReactElement | null {
  useScene();
  const view = useNodeView(node.id);
  if (!view?.duration_s) return null;
  return <footer className="pai-Card-foot">{duration(view.duration_s)}</footer>;
}
