import type { ReactElement } from 'react';
import type { RunView } from '../contracts/events';

/** No living worker has the block versions that the run is pinned to; nothing is lost meanwhile. */
export function Stranded({ view }: { view: RunView }): ReactElement | null {
  if (view.needs.length === 0) return null;
  return (
    <div className="pai-Strip" role="status">
      <span>
        Waits for a worker that has{' '}
        {view.needs.map((need, place) => (
          <span key={need}>
            {place > 0 && ', '}
            <code>{need}</code>
          </span>
        ))}
        . It goes on by itself when one comes.
      </span>
    </div>
  );
}
