import { useEffect, useState } from 'react';
import type { Host } from '../api/host';
import { eventsPath } from '../api/runs';
import { type Envelope, NOTHING_KNOWN, type RunView } from '../contracts/events';
import { reduceAll } from '../events/reduce';
import { type Connection, readEvents } from './stream';

/** How many of the latest events are kept for people to read; the view holds what they add up to. */
const KEPT = 200;

export interface LiveRun {
  view: RunView;
  latest: Envelope[];
  connection: Connection;
}

const UNKNOWN: LiveRun = { view: NOTHING_KNOWN, latest: [], connection: { state: 'connecting' } };

/** A run, folded from its events as they come. */
export function useRun(host: Host, runId: string): LiveRun {
  const [run, setRun] = useState(UNKNOWN);

  useEffect(() => {
    let waiting: Envelope[] = [];
    let frame = 0;

    // A fast run sends far more events than a screen has frames: fold what came, then draw once.
    function fold(): void {
      frame = 0;
      const batch = waiting;
      waiting = [];
      setRun(old => ({
        ...old,
        view: reduceAll(old.view, batch),
        latest: [...old.latest, ...batch].slice(-KEPT)
      }));
    }

    setRun(UNKNOWN);
    const stop = readEvents<Envelope>({
      open: after => host.socket(eventsPath(runId, after)),
      onEvent: event => {
        waiting.push(event);
        frame ||= requestAnimationFrame(fold);
      },
      onConnection: connection => setRun(old => ({ ...old, connection }))
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [host, runId]);

  return run;
}
