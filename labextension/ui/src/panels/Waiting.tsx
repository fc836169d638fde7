import type { ReactElement } from 'react';
import type { OpenQuestion } from '../api/questions';
import { ahead, count, exactTime } from '../format';
import { StateMark } from '../parts/StateMark';
import { listed } from '../people/words';
import { Ago } from '../parts/small';

interface WaitingProps {
  questions: readonly OpenQuestion[];
  now: number;
  onOpen(runId: string): void;
}

/** More than so many would leave no room for the runs. */
const MOST = 8;

/** What runs ask people, what expires first foremost: it may be weeks since the run began. */
export function Waiting({ questions, now, onOpen }: WaitingProps): ReactElement | null {
  if (questions.length === 0) return null;
  return (
    <section className="pai-Waiting" aria-label="Waiting for you">
      <h3>Waiting for you</h3>
      {questions.slice(0, MOST).map(each => (
        <button key={`${each.run_id}/${each.id}`} type="button" onClick={() => onOpen(each.run_id)} title={each.text}>
          <StateMark state="waiting" />
          <span>{each.text}</span>
          <Ago at={each.asked_at} now={now} />
          <small>
            {each.flow} · {each.node}
            {each.asked.length > 0 && ` · for ${listed(each.asked)}`}
            {each.due && <time title={exactTime(each.due)}> · expires {ahead(each.due, now)}</time>}
          </small>
        </button>
      ))}
      {questions.length > MOST && <p className="pai-Earlier">{count(questions.length - MOST, 'more question')}, on their runs.</p>}
    </section>
  );
}
