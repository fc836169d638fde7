/** How a component reaches the server. Each place that mounts the bundle brings its own. */
export interface Host {
  /** Path below the server's base URL, `persistentai/…`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  socket(path: string): WebSocket;
}

/** What went wrong, in the words of the server: what it is, and what to do. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly remedy = '',
    readonly status = 0
  ) {
    super(message);
  }
}

/** Whatever was thrown, as a problem; a kernel rejects with the plain data of one. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { code, message, remedy } = error as Record<string, unknown>;
    return new Problem(String(code ?? 'ui_error'), String(message), typeof remedy === 'string' ? remedy : '');
  }
  return new Problem('ui_error', String(error));
}

/** In one piece of text. */
export function wordsOf(error: unknown): string {
  const { message, remedy } = asProblem(error);
  return remedy ? `${message} ${remedy}` : message;
}

/** After so long without a word nobody waits any more; a slow machine answers well before. */
const PATIENCE_MS = 120_000;

export async function fetchJson<T>(host: Host, path: string, init?: RequestInit): Promise<T> {
  const answer = await fetchAnswer(host, path, init);
  const body = parse(await textOf(answer));
  if (body !== undefined) return body as T;
  // A server that lost our login sends a page to log in.
  throw new Problem('no_json', 'The server answered with something else than was asked for.', 'Reload the page; you may have to log in again.');
}

/** The answer itself, for what is not JSON. */
export async function fetchAnswer(host: Host, path: string, init?: RequestInit): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  let answer: Response;
  try {
    answer = await host.fetch(path, { ...init, signal: patience.signal });
  } catch {
    throw patience.signal.aborted ? silent() : offline();
  } finally {
    clearTimeout(timer);
  }
  if (!answer.ok) throw problemOf(answer, parse(await textOf(answer)));
  return answer;
}

/** Connections break in the middle of answers too. */
async function textOf(answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch {
    throw offline();
  }
}

function offline(): Problem {
  return new Problem('offline', 'The Jupyter server does not answer.', 'Check that it is still running.');
}

function silent(): Problem {
  const seconds = PATIENCE_MS / 1000;
  return new Problem('silent', `The server has not answered for ${seconds} seconds.`, 'Look whether it was done before you try again.');
}

/** Nothing is null; what is no JSON is undefined. */
function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return undefined;
  }
}

function problemOf(answer: Response, body: unknown): Problem {
  const said = (body ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof said[name] === 'string' ? (said[name] as string) : '');
  return new Problem(
    text('code') || `http_${answer.status}`,
    text('detail') || text('message') || `The server answered ${answer.status}.`,
    text('remedy') || remedyOf(answer.status),
    answer.status
  );
}

/** What Jupyter itself refuses comes without one. */
function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Reload the page; you may have to log in again.';
  return status >= 500 ? 'Try again in a moment.' : '';
}
