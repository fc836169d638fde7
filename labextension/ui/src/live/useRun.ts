import { useEffect, useState } from 'react';
import type { Host } from '../api/host';
import { eventsPath } from '../api/runs';
import { type Envelope, INITIAL, reduce, type RunView } from './fold';
import { type Connection, readEvents } from './stream';

/** How many of the latest events are kept for people to read; the view holds what they add up to. */
const KEPT = 200;

export interface LiveRun {
  view: RunView;
  latest: Envelope[];
  connection: Connection;
}

/** A run, folded from its events as they come. */
export function useRun(host: Host, runId: string): LiveRun {
  const [run, setRun] = useState<LiveRun>({ view: INITIAL, latest: [], connection: { state: 'connecting' } });

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
        view: batch.reduce(reduce, old.view),
        latest: [...old.latest, ...batch].slice(-KEPT)
      }));
    }

    setRun({ view: INITIAL, latest: [], connection: { state: 'connecting' } });
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
