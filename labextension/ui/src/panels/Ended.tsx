import type { ReactElement } from 'react';
import type { RunView } from '../contracts/events';
import { exactTime } from '../format';
import { WithCode } from '../parts/Notice';

/** What a run died of, or who put an end to it and why. */
export function Ended({ view }: { view: RunView }): ReactElement | null {
  const { error, status, cancelled_by, reason, ended_at } = view;
  if (error) {
    return (
      <div className="pai-Error" role="alert">
        <p>{error.message}</p>
        {error.remedy && (
          <p className="pai-quiet">
            <WithCode text={error.remedy} />
          </p>
        )}
      </div>
    );
  }
  if (status !== 'cancelled') return null;
  return (
    <div className="pai-Cancelled" title={ended_at ? exactTime(ended_at) : undefined}>
      Cancelled{cancelled_by && ` by ${cancelled_by}`}
      {reason && `: ${reason}`}. What was recorded until then is kept.
    </div>
  );
}
