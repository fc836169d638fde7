import { type ReactElement, useState } from 'react';
import type { Json } from '../contracts/events';
import { INPUT, type JsonSchema } from '../contracts/graph';
import { edited } from './edits';
import { useEdit, useScene } from './scene';
import { ValueEditor } from './ValueEditor';
import { shortJson } from './words';

interface LiteralProps {
  /** `$input` for an input of the flow. */
  node: string;
  port: string;
  schema: JsonSchema;
  /** As it ran, or as it stands in the flow. */
  value: Json;
  isGiven: boolean;
  isRequired: boolean;
  canEdit: boolean;
}

/** A value that stands in the graph itself, and is edited where it stands. */
export function Literal({ node, port, schema, value: original, isGiven, isRequired, canEdit }: LiteralProps): ReactElement {
  const { edits } = useScene();
  const edit = useEdit(node, port);
  const [isOpen, setOpen] = useState(false);
  const value = edit !== undefined ? edit : original;

  if (isOpen) {
    return (
      <ValueEditor
        label={node.startsWith('$') ? port : `${port} of ${node}`}
        schema={schema}
        value={value}
        autoFocus
        onChange={next => edits.update(old => edited(old, node, port, next, original))}
        onDone={() => setOpen(false)}
      />
    );
  }
  const isThere = isGiven || edit !== undefined || value !== null;
  const text = isThere ? shortJson(value, 60) || '(empty)' : isRequired ? 'needs a value' : 'not set';
  const shared = {
    className: 'pai-Literal',
    'data-missing': !isThere || undefined,
    'data-edited': edit !== undefined || undefined,
    title: shortJson(value, 400)
  };
  if (!canEdit) return <span {...shared}>{text}</span>;
  return (
    <button {...shared} type="button" tabIndex={node === INPUT ? 0 : -1} aria-label={`${port}: ${text}. Change it`} onClick={() => setOpen(true)}>
      {text}
    </button>
  );
}
