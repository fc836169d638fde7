import type { ReactElement } from 'react';
import type { Recovery } from '../contracts/events';
import { count, duration, exactTime, secondsBetween } from '../format';

/** Shown with pride: nothing that was recorded ran twice. */
export function Recovered({ recovery }: { recovery: Recovery }): ReactElement {
  const { quiet_since, at, recorded, repeated } = recovery;
  const gap = quiet_since ? ` · resumed after ${duration(secondsBetween(quiet_since, at))}` : '';
  return (
    <p className="pai-Recovered" title={exactTime(at)}>
      <b>Worker stopped here{gap} · 0 steps repeated</b>
      <span className="pai-quiet">
        {count(recorded, 'recorded step')} kept
        {repeated > 0 && `, ${repeated} unfinished begun again`}
      </span>
    </p>
  );
}
