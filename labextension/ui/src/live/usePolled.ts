import { useCallback, useEffect, useRef, useState } from 'react';
import { Problem } from '../api/host';

export interface Polled<T> {
  /** The last answer, kept while the server is away. */
  data: T | null;
  /** When `data` was true. */
  asOf: number | null;
  problem: Problem | null;
  refresh(): void;
}

/** Ask every `everyMs` while `isActive`; never two questions at once. */
export function usePolled<T>(ask: () => Promise<T>, everyMs: number, isActive: boolean): Polled<T> {
  const [state, setState] = useState<Omit<Polled<T>, 'refresh'>>({ data: null, asOf: null, problem: null });
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    if (!isActive) return;
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function poll(): Promise<void> {
      try {
        const data = await latest.current();
        if (!isStopped) setState({ data, asOf: Date.now(), problem: null });
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem('ui_error', String(error));
        if (!isStopped) setState(old => ({ ...old, problem }));
      }
      if (!isStopped) timer = setTimeout(() => void poll(), everyMs);
    }

    void poll();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [everyMs, isActive, turn]);

  return { ...state, refresh: useCallback(() => setTurn(n => n + 1), []) };
}
