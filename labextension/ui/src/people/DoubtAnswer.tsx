import { type ReactElement, useState } from 'react';
import type { Json } from '../contracts/events';
import { ValueEditor } from '../flow/ValueEditor';
import type { AnswerProps } from './QuestionCard';
import { CHOICES } from './words';

const OUTPUTS = { type: 'object' } as const;

/** An interrupted call: nobody but a person can tell whether it happened. */
export function DoubtAnswer({ node, question, sent, refusal, say }: AnswerProps): ReactElement {
  const [outputs, setOutputs] = useState<{ readonly [port: string]: Json }>({});
  const needsOutputs = refusal?.code === 'answer_incomplete' || Object.keys(outputs).length > 0;
  return (
    <>
      {needsOutputs && (
        <label className="pai-Field">
          <span>What it would have returned, by output</span>
          <ValueEditor
            label={`Outputs of ${node}`}
            schema={OUTPUTS}
            value={outputs}
            onChange={value => setOutputs(value as { readonly [port: string]: Json })}
          />
        </label>
      )}
      <div className="pai-Question-choices">
        {question.choices.map(choice => (
          <button
            key={choice}
            type="button"
            className="pai-Button"
            aria-disabled={sent !== null || undefined}
            aria-busy={sent?.answer === choice || undefined}
            onClick={() => say({ answer: choice, ...(choice === 'done' && { outputs }) })}
          >
            {CHOICES[choice] ?? choice}
          </button>
        ))}
      </div>
    </>
  );
}
