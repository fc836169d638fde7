import { useCallback, useEffect, useRef, useState } from 'react';
import { asProblem, type Problem } from '../api/host';

export interface Polled<T> {
  /** The last answer, kept while the server is away. */
  data: T | null;
  /** When `data` was true. */
  asOf: number | null;
  problem: Problem | null;
  refresh(): void;
}

/** Who got no answer asks again within this. */
const AGAIN_MS = 3000;

/**
 * Ask every `everyMs` while `isActive`; never two questions at once.
 *
 * @param about What is asked about: something else is asked for at once. An answer to what was asked
 *   before, or before a refresh, is not taken.
 */
export function usePolled<T>(ask: () => Promise<T>, everyMs: number, isActive: boolean, about = ''): Polled<T> {
  const [state, setState] = useState<Omit<Polled<T>, 'refresh'>>({ data: null, asOf: null, problem: null });
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    if (!isActive) return;
    return poll(latest, everyMs, {
      found: data => setState({ data, asOf: Date.now(), problem: null }),
      failed: problem => setState(old => ({ ...old, problem }))
    });
  }, [everyMs, isActive, about, turn]);

  return { ...state, refresh: useCallback(() => setTurn(n => n + 1), []) };
}

interface Told<T> {
  found(data: T): void;
  failed(problem: Problem): void;
}

/** Ask again and again; the result stops it, and no answer is told after that. */
export function poll<T>(ask: { readonly current: () => Promise<T> }, everyMs: number, told: Told<T>): () => void {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function look(): void {
    ask.current().then(
      data => {
        if (isStopped) return;
        timer = setTimeout(look, everyMs);
        told.found(data);
      },
      error => {
        if (isStopped) return;
        timer = setTimeout(look, Math.min(everyMs, AGAIN_MS));
        told.failed(asProblem(error));
      }
    );
  }

  look();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
