import type { Host } from '../api/host';
import { eventsPath } from '../api/runs';
import { type Envelope, NOTHING_KNOWN, type RunView } from '../contracts/events';
import { reduceAll } from '../events/reduce';
import { Store } from './store';
import { type Connection, readEvents } from './stream';

/** How many of the latest events are kept for people to read; the view holds what they add up to. */
const KEPT = 200;

/** Nobody sees more pictures a second than this tells, and each of them costs. */
const BETWEEN_MS = 50;

export interface LiveRun {
  readonly view: RunView;
  readonly latest: readonly Envelope[];
  readonly connection: Connection;
}

export const UNKNOWN: LiveRun = { view: NOTHING_KNOWN, latest: [], connection: { state: 'connecting' } };

/**
 * A run, folded from its events as they come. Reading goes on until `stop`.
 *
 * What comes first is told with the next frame. A fast run sends far more events than eyes can
 * follow: what came meanwhile is folded, then told once.
 */
export function followRun(host: Host, runId: string): { run: Store<LiveRun>; stop(): void } {
  const run = new Store(UNKNOWN);
  let waiting: Envelope[] = [];
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = 0;

  function soon(): void {
    if (frame || timer !== undefined) return;
    const wait = Math.min(told + BETWEEN_MS - Date.now(), BETWEEN_MS); // clocks are set back
    if (wait <= 0) paint();
    else timer = setTimeout(paint, wait);
  }

  function paint(): void {
    timer = undefined;
    frame = requestAnimationFrame(fold);
  }

  function fold(): void {
    frame = 0;
    told = Date.now();
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
      soon();
    },
    onConnection: connection => run.update(old => ({ ...old, connection }))
  });
  return {
    run,
    stop: () => {
      stop();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    }
  };
}
