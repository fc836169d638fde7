import type { ReactElement } from 'react';
import type { RunReplayed } from '../contracts/events';
import { count } from '../format';

const WORDS = {
  identical: 'Identical to the record',
  different: 'Different from the record',
  incomplete: 'Nothing differs, but not everything could be computed'
};

/** What came of computing another run again. */
export function Replayed({ replayed }: { replayed: RunReplayed }): ReactElement {
  const { verdict, source, recomputed, taken, difference, needs } = replayed;
  return (
    <p className="pai-Recovered" data-verdict={verdict}>
      <b>
        {WORDS[verdict]} · replay of {source}
      </b>
      {difference && (
        <span>
          {difference.node}
          {difference.port && `.${difference.port}`}: {difference.what}
        </span>
      )}
      {needs.map(need => (
        <span key={need.node}>
          {need.node}: {need.error.message}
        </span>
      ))}
      <span className="pai-quiet">
        {count(recomputed, 'step')} computed again, {taken} taken from the record
      </span>
    </p>
  );
}
