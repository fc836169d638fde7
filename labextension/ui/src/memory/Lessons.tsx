import type { ReactElement } from 'react';
import type { LayerHead } from '../api/memory';
import { CopyText } from '../triggers/CopyText';
import type { Row } from './tree';
import { LESSONS, TITLES } from './words';

interface LessonsProps {
  readonly heads: readonly LayerHead[];
  readonly isPast: boolean;
  readonly rows: readonly Row[];
}

/** For layers that are open and empty: what they are for, and the line that puts something in. */
export function Lessons({ heads, isPast, rows }: LessonsProps): ReactElement | null {
  if (isPast) return null;
  const open = new Set(rows.flatMap(row => (row.kind === 'layer' && row.isOpen ? [row.layer] : [])));
  const empty = heads.filter(head => head.count === 0 && open.has(head.layer));
  if (empty.length === 0) return null;
  return (
    <div className="pai-Lessons">
      {empty.slice(0, 2).map(({ layer }) => (
        <section key={layer}>
          <p>{LESSONS[layer].says}</p>
          <CopyText label={`Put something into ${TITLES[layer].toLowerCase()}`} text={LESSONS[layer].code} />
        </section>
      ))}
    </div>
  );
}
