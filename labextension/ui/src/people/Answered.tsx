import type { ReactElement } from 'react';
import type { Question } from '../contracts/events';
import { exactTime } from '../format';
import { About } from './About';
import { decided, expiryOf } from './words';

/** Who has decided what, and why; or that nobody did in time. */
export function Answered({ node, question }: { node: string; question: Question }): ReactElement {
  const { answered_by, answered_at, expired_at, closed_at, reason, edited, inputs, via } = question;
  const at = answered_at ?? expired_at ?? closed_at;
  const changed = Object.fromEntries(Object.entries(inputs).filter(([name]) => name in edited));
  return (
    <div className="pai-Answered" title={at ? `${exactTime(at)}${via && `, from the ${via}`}` : undefined}>
      {closed_at !== null ? (
        <p>
          {node}: <b>nobody needs an answer any more</b>.
        </p>
      ) : answered_by !== null ? (
        <p>
          {node}: {answered_by} <b>{decided(question)}</b>
          {reason && <q>{reason}</q>}
        </p>
      ) : (
        <p>
          {node}: <b>nobody answered in time</b>, {expiryOf(question)}.
        </p>
      )}
      <About values={changed} edited={edited} />
    </div>
  );
}
