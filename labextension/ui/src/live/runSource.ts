import type { Host } from '../api/host';
import { eventsPath } from '../api/runs';
import { type Envelope, NOTHING_KNOWN, type RunView } from '../contracts/events';
import { reduceAll } from '../events/reduce';
import { Store } from './store';
import { type Connection, readEvents } from './stream';

/** How many of the latest events are kept for people to read; the view holds what they add up to. */
const KEPT = 200;

export interface LiveRun {
  readonly view: RunView;
  readonly latest: readonly Envelope[];
  readonly connection: Connection;
}

export const UNKNOWN: LiveRun = { view: NOTHING_KNOWN, latest: [], connection: { state: 'connecting' } };

/**
 * A run, folded from its events as they come. Reading goes on until `stop`.
 *
 * A fast run sends far more events than a screen has frames: what came is folded, then told once.
 */
export function followRun(host: Host, runId: string): { run: Store<LiveRun>; stop(): void } {
  const run = new Store(UNKNOWN);
  let waiting: Envelope[] = [];
  let frame = 0;

  function fold(): void {
    frame = 0;
    const batch = waiting;
    waiting = [];
    run.update(old => ({
      ...old,
      view: reduceAll(old.view, batch),
      latest: [...old.latest, ...batch].slice(-KEPT)
    }));
  }

  const stop = readEvents<Envelope>({
    open: after => host.socket(eventsPath(runId, after)),
    onEvent: event => {
      waiting.push(event);
      frame ||= requestAnimationFrame(fold);
    },
    onConnection: connection => run.update(old => ({ ...old, connection }))
  });
  return {
    run,
    stop: () => {
      stop();
      cancelAnimationFrame(frame);
    }
  };
}
