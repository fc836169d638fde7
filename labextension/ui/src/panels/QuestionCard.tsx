import { type ReactElement, useState } from 'react';
import { Problem, type Host } from '../api/host';
import { answerQuestion } from '../api/runs';
import type { Question } from '../contracts/events';
import { exactTime } from '../format';
import { StateMark } from '../parts/StateMark';

interface QuestionCardProps {
  host: Host;
  runId: string;
  node: string;
  question: Question;
}

/** What a run asks a person. Of two who answer one wins; the other is told who. */
export function QuestionCard({ host, runId, node, question }: QuestionCardProps): ReactElement {
  const [sent, setSent] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);

  async function answer(choice: string): Promise<void> {
    setSent(choice);
    setRefusal(null);
    try {
      await answerQuestion(host, runId, question.id, choice);
    } catch (error) {
      setSent(null);
      setRefusal(error instanceof Problem ? error : new Problem('ui_error', String(error)));
    }
  }

  return (
    <div className="pai-Question" role="group" aria-label={`Question of ${node}`}>
      <StateMark state="waiting" />
      <p>
        <b>{node}</b> asks: {question.text}
      </p>
      <div className="pai-Question-choices">
        {question.choices.map(choice => (
          <button
            key={choice}
            type="button"
            className="pai-Button"
            disabled={sent !== null}
            aria-busy={sent === choice}
            onClick={() => void answer(choice)}
          >
            {LABELS[choice] ?? choice}
          </button>
        ))}
      </div>
      {refusal && (
        <p role="alert">
          {refusal.message} <span className="pai-quiet">{refusal.remedy}</span>
        </p>
      )}
    </div>
  );
}

/** Who has decided what. */
export function Answered({ node, question }: { node: string; question: Question }): ReactElement {
  const { answer, answered_by, answered_at } = question;
  return (
    <p className="pai-Answered" title={answered_at ? exactTime(answered_at) : undefined}>
      {node}: {answered_by} answered <b>{LABELS[answer ?? ''] ?? answer}</b>
    </p>
  );
}

/** The choices of the engine's own question, in the words in which it asks. */
const LABELS: Record<string, string> = {
  again: 'Run it again',
  done: 'Take it as done',
  fail: 'Let it fail'
};
