import type { ReactElement } from 'react';
import { type GraphInput, INPUT } from '../contracts/graph';
import { Glyph } from './Glyph';
import { Literal } from './Literal';
import { useScene } from './scene';

/** An input of a node: what feeds it, or its literal, which is edited in place. */
export function InputRow({ node, input }: { node: string; input: GraphInput }): ReactElement {
  const { canEdit } = useScene();
  return (
    <li className="pai-Input" title={[input.type, input.help].filter(Boolean).join(' · ')}>
      <Glyph name={input.glyph} type={input.type} />
      <span className="pai-Input-name">{input.name}</span>
      {input.source ? (
        <Source source={input.source} />
      ) : (
        <Literal
          node={node}
          port={input.name}
          schema={input.schema}
          value={input.value}
          isGiven={input.has_value}
          isRequired={input.required}
          canEdit={canEdit}
        />
      )}
    </li>
  );
}

function Source({ source }: { source: NonNullable<GraphInput['source']> }): ReactElement {
  const { nameOf } = useScene();
  const port = source.port === 'result' ? '' : ` · ${source.port}`;
  const text = source.node === INPUT ? source.port : nameOf(source.node) + port;
  return <span className="pai-Input-from">← {text}</span>;
}
