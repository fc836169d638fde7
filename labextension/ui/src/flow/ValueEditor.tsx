import { type KeyboardEvent, type ReactElement, useId, useState } from 'react';
import type { Json } from '../contracts/events';
import type { JsonSchema } from '../contracts/graph';
import { choicesOf, type Editor, editorFor, mayBeNull, meaning, plain, textOf } from './editing';

interface ValueEditorProps {
  label: string;
  schema: JsonSchema;
  value: Json;
  autoFocus?: boolean;
  /** Called when the editor is left or Enter is pressed, with a value that fits. */
  onChange(value: Json): void;
  onDone?(): void;
}

/** Edits one value, with the editor that its type asks for. Escape gives it back as it was. */
export function ValueEditor(props: ValueEditorProps): ReactElement {
  const { label, schema, value, autoFocus, onChange, onDone } = props;
  const [editor] = useState(() => editorFor(schema, value));
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const problemId = useId();
  const text = draft ?? textOf(editor, value);

  function keep(given: string): boolean {
    const meant = meaning(editor, given, schema);
    if ('problem' in meant) {
      setProblem(meant.problem);
      return false;
    }
    setProblem(null);
    setDraft(null);
    onChange(meant.value);
    return true;
  }

  function leave(): void {
    if (draft !== null && !keep(draft)) return;
    onDone?.();
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      if (draft !== null || onDone) event.stopPropagation();
      setDraft(null);
      setProblem(null);
      onDone?.();
    }
    const isLast = event.key === 'Enter' && (!isLong(editor) || event.ctrlKey || event.metaKey);
    if (isLast) leave();
  }

  const shared = {
    'aria-label': label,
    'aria-invalid': problem !== null,
    'aria-describedby': problem === null ? undefined : problemId,
    autoFocus,
    value: text,
    onKeyDown: keyDown,
    onBlur: leave
  };
  return (
    <span className="pai-Editor nodrag nopan nowheel" data-editor={editor}>
      {editor === 'boolean' || editor === 'choice' ? (
        <select {...shared} onChange={event => keep(event.target.value)}>
          {optionsOf(editor, schema).map(option => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : isLong(editor) ? (
        <textarea {...shared} rows={rowsFor(text)} spellCheck={false} onChange={event => setDraft(event.target.value)} />
      ) : (
        <input
          {...shared}
          type="text"
          inputMode={editor === 'number' ? 'decimal' : undefined}
          spellCheck={false}
          onFocus={event => event.target.select()}
          onChange={event => setDraft(event.target.value)}
        />
      )}
      {problem !== null && (
        <small id={problemId} role="alert">
          {problem}
        </small>
      )}
    </span>
  );
}

function isLong(editor: Editor): boolean {
  return editor === 'long' || editor === 'json';
}

function optionsOf(editor: Editor, schema: JsonSchema): string[] {
  const options = editor === 'boolean' ? ['true', 'false'] : choicesOf(plain(schema)).map(each => textOf('choice', each));
  return mayBeNull(schema) ? ['', ...options] : options;
}

function rowsFor(text: string): number {
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 28)), 0);
  return Math.max(2, Math.min(lines, 10));
}
