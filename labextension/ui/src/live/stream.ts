/** Reads a run's events and goes on from the last one, whatever happens to the connection. */

export interface Positioned {
  seq: number;
}

export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'lost'; since: number }
  | { state: 'ended' }
  | { state: 'refused'; reason: string };

export interface StreamOptions<E extends Positioned> {
  /** Open a socket that sends every event after position `after`. */
  open(after: number): WebSocket;
  onEvent(event: E): void;
  onConnection(connection: Connection): void;
  after?: number;
  now?(): number;
}

const COMPLETE = 1000;
const DENIED = 4403;
const NO_SUCH_RUN = 4404;
const SLOW_READER = 4408;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

/**
 * Start reading; the result stops it.
 *
 * No event is given twice and none is left out: one that does not follow the last is not taken,
 * and reading starts again from where it stopped.
 */
export function readEvents<E extends Positioned>(options: StreamOptions<E>): () => void {
  const now = options.now ?? Date.now;
  let after = options.after ?? 0;
  let wait = FIRST_WAIT_MS;
  let lostSince: number | null = null;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  function connect(): void {
    if (isStopped) return;
    if (lostSince === null) options.onConnection({ state: 'connecting' });
    const current = options.open(after);
    socket = current;
    current.onopen = () => {
      lostSince = null;
      options.onConnection({ state: 'live' });
    };
    current.onmessage = message => {
      if (current === socket) take(JSON.parse(String(message.data)) as E, current);
    };
    current.onclose = closing => {
      if (current === socket) closed(closing.code);
    };
  }

  function take(event: E, current: WebSocket): void {
    if (event.seq <= after) return;
    if (event.seq > after + 1) {
      current.close();
      return;
    }
    after = event.seq;
    wait = FIRST_WAIT_MS;
    options.onEvent(event);
  }

  function closed(code: number): void {
    socket = null;
    if (isStopped) return;
    if (code === COMPLETE) return options.onConnection({ state: 'ended' });
    if (code === DENIED) return options.onConnection({ state: 'refused', reason: 'You may not see this run.' });
    if (code === NO_SUCH_RUN) return options.onConnection({ state: 'refused', reason: 'There is no such run.' });
    if (code === SLOW_READER) return connect();
    lostSince ??= now();
    options.onConnection({ state: 'lost', since: lostSince });
    timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  connect();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    socket?.close();
    socket = null;
  };
}
