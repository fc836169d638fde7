import { type KeyboardEvent, type ReactElement, useId, useState } from 'react';
import { type Editor, editorFor, meaning } from '../flow/editing';
import { busy } from '../parts/Do';
import type { AnswerProps } from './QuestionCard';

/** More choices than this are a list. */
const MOST_BUTTONS = 6;

/** A question in one's own words, or with choices of the flow's own. */
export function OwnAnswer(props: AnswerProps): ReactElement {
  const { question } = props;
  const schema = question.answer_type ?? {};
  if (schema['type'] === 'boolean') return <Buttons {...props} choices={{ Yes: true, No: false }} />;
  if (question.choices.length > 0 && question.choices.length <= MOST_BUTTONS) {
    return <Buttons {...props} choices={Object.fromEntries(question.choices.map(each => [each, each]))} />;
  }
  return <Written {...props} />;
}

function Buttons({ choices, sent, say }: AnswerProps & { choices: Record<string, string | boolean> }): ReactElement {
  return (
    <div className="pai-Question-choices">
      {Object.entries(choices).map(([word, value]) => (
        <button
          key={word}
          type="button"
          className="pai-Button"
          aria-disabled={sent !== null || undefined}
          aria-busy={sent?.answer === value || undefined}
          onClick={() => say({ answer: value })}
        >
          {word}
        </button>
      ))}
    </div>
  );
}

function Written({ node, question, sent, say }: AnswerProps): ReactElement {
  const schema = question.answer_type ?? {};
  const editor: Editor = schema['type'] === 'string' && !schema['enum'] ? 'long' : editorFor(schema, null);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();

  function answer(): void {
    const meant = meaning(editor, text, schema);
    if ('problem' in meant) return setProblem(meant.problem);
    setProblem(null);
    say({ answer: meant.value });
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (editor === 'number' || event.ctrlKey || event.metaKey)) answer();
  }

  const shared = {
    'aria-label': `Answer to ${node}`,
    'aria-invalid': problem !== null,
    'aria-describedby': problem === null ? undefined : id,
    value: text,
    onKeyDown: keyDown
  };
  return (
    <>
      <span className="pai-Editor" data-editor={editor}>
        {editor === 'choice' ? (
          <select {...shared} onChange={event => setText(event.target.value)}>
            <option value="">Choose…</option>
            {question.choices.map(choice => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : editor === 'number' ? (
          <input {...shared} type="text" inputMode="decimal" onChange={event => setText(event.target.value)} />
        ) : (
          <textarea
            {...shared}
            rows={editor === 'json' ? 4 : 2}
            placeholder={editor === 'json' ? 'As JSON' : 'In your own words'}
            onChange={event => setText(event.target.value)}
          />
        )}
        {problem !== null && (
          <small id={id} role="alert">
            {problem}
          </small>
        )}
      </span>
      <div className="pai-Question-choices">
        <button
          type="button"
          className="pai-Button pai-primary"
          disabled={text.trim() === ''}
          {...busy({ isBusy: sent !== null })}
          onClick={answer}
        >
          Answer
        </button>
      </div>
    </>
  );
}
