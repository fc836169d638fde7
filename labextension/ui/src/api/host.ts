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

export async function fetchJson<T>(host: Host, path: string, init?: RequestInit): Promise<T> {
  const answer = await fetchAnswer(host, path, init);
  return parse(await answer.text()) as T;
}

/** The answer itself, for what is not JSON. */
export async function fetchAnswer(host: Host, path: string, init?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await host.fetch(path, init);
  } catch {
    throw new Problem('offline', 'The Jupyter server does not answer.', 'Check that it is still running.');
  }
  if (!answer.ok) throw problemOf(answer, parse(await answer.text()));
  return answer;
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function problemOf(answer: Response, body: unknown): Problem {
  const said = (body ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof said[name] === 'string' ? (said[name] as string) : '');
  return new Problem(
    text('code') || `http_${answer.status}`,
    text('detail') || text('message') || `The server answered ${answer.status}.`,
    text('remedy'),
    answer.status
  );
}
