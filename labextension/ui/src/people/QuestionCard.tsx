import { type ReactElement, useState } from 'react';
import { asProblem, type Host, type Problem } from '../api/host';
import { answerQuestion, type Reply } from '../api/questions';
import type { Question } from '../contracts/events';
import { ahead, exactTime } from '../format';
import { useNow } from '../live/useNow';
import { StateMark } from '../parts/StateMark';
import { About } from './About';
import { ApprovalAnswer } from './ApprovalAnswer';
import { DoubtAnswer } from './DoubtAnswer';
import { OwnAnswer } from './OwnAnswer';
import { atExpiry, listed } from './words';

interface QuestionCardProps {
  host: Host;
  runId: string;
  node: string;
  question: Question;
}

/** What each kind of answer needs: the question, and a way to say it. */
export interface AnswerProps extends QuestionCardProps {
  /** What is being said just now. */
  sent: Reply | null;
  refusal: Problem | null;
  say(reply: Reply): void;
  /** Whether what it is about is shown by the answer itself, for it is being changed. */
  onEditing(isEditing: boolean): void;
}

const ANSWERS: Record<string, (props: AnswerProps) => ReactElement> = {
  ask: OwnAnswer,
  approval: ApprovalAnswer,
  doubt: DoubtAnswer
};

/** What a run asks, whom, and about what. Of two who answer one wins; the other is told who. */
export function QuestionCard(props: QuestionCardProps): ReactElement {
  const { host, runId, node, question } = props;
  const [sent, setSent] = useState<Reply | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [isEditing, setEditing] = useState(false);
  const [root, setRoot] = useState<HTMLElement | null>(null);
  const Answer = ANSWERS[question.kind] ?? DoubtAnswer;

  /** Until the run has taken it, or refused: once. */
  function say(reply: Reply): void {
    if (sent) return;
    setSent(reply);
    setRefusal(null);
    const via = root?.closest('.pai-Panel') ? 'panel' : 'cell';
    answerQuestion(host, runId, question.id, { via, ...reply }).catch(error => {
      setSent(null);
      setRefusal(asProblem(error));
    });
  }

  return (
    <div className="pai-Question" role="group" aria-label={`Question of ${node}`} ref={setRoot}>
      <StateMark state="waiting" />
      <div className="pai-Question-text">
        <p>
          <b>{node}</b> asks{question.asked.length > 0 && ` ${listed(question.asked)}`}: {question.text}
        </p>
        <Due question={question} />
      </div>
      {!isEditing && <About values={question.inputs} />}
      <Answer {...props} sent={sent} refusal={refusal} say={say} onEditing={setEditing} />
      {refusal && (
        <p role="alert">
          {refusal.message} <span className="pai-quiet">{refusal.remedy}</span>
        </p>
      )}
    </div>
  );
}

/** Until when there is to answer, and what no answer means. */
function Due({ question }: { question: Question }): ReactElement | null {
  const { due } = question;
  const now = useNow(due !== null);
  if (due === null) return null;
  return (
    <p className="pai-quiet">
      <time dateTime={due} title={exactTime(due)}>
        Expires {ahead(due, now)}
      </time>
      , {atExpiry(question)}.
    </p>
  );
}
