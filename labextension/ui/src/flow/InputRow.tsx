import { type ReactElement, useState } from 'react';
import { type GraphInput, INPUT } from '../contracts/graph';
import { edited } from './edits';
import { Glyph } from './Glyph';
import { useEdit, useScene } from './scene';
import { ValueEditor } from './ValueEditor';
import { shortJson } from './words';

/** An input of a node: what feeds it, or its literal, which is edited in place. */
export function InputRow({ node, input }: { node: string; input: GraphInput }): ReactElement {
  const edit = useEdit(node, input.name);
  return (
    <li className="pai-Input" data-edited={edit !== undefined || undefined} title={[input.type, input.help].filter(Boolean).join(' · ')}>
      <Glyph name={input.glyph} type={input.type} />
      <span className="pai-Input-name">{input.name}</span>
      {input.source ? <Source source={input.source} /> : <Literal node={node} input={input} edit={edit} />}
    </li>
  );
}

function Source({ source }: { source: NonNullable<GraphInput['source']> }): ReactElement {
  const { nameOf } = useScene();
  const port = source.port === 'result' ? '' : ` · ${source.port}`;
  const text = source.node === INPUT ? source.port : nameOf(source.node) + port;
  return <span className="pai-Input-from">← {text}</span>;
}

function Literal({ node, input, edit }: { node: string; input: GraphInput; edit: GraphInput['value'] | undefined }): ReactElement {
  const { canEdit, edits } = useScene();
  const [isOpen, setOpen] = useState(false);
  const value = edit !== undefined ? edit : input.value;
  const isGiven = input.has_value || edit !== undefined || value !== null;

  if (isOpen) {
    return (
      <ValueEditor
        label={`${input.name} of ${node}`}
        schema={input.schema}
        value={value}
        autoFocus
        onChange={next => edits.update(old => edited(old, node, input.name, next, input.value))}
        onDone={() => setOpen(false)}
      />
    );
  }
  const text = isGiven ? shortJson(value, 60) : input.required ? 'needs a value' : 'not set';
  if (!canEdit) {
    return (
      <span className="pai-Input-literal" data-missing={!isGiven || undefined} title={shortJson(value, 400)}>
        {text}
      </span>
    );
  }
  return (
    <button
      type="button"
      className="pai-Input-literal nodrag nopan"
      data-missing={!isGiven || undefined}
      tabIndex={-1}
      aria-label={`${input.name}: ${text}. Change it`}
      title={shortJson(value, 400)}
      onClick={() => setOpen(true)}
    >
      {text}
    </button>
  );
}
