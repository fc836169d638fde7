import { useEffect, useMemo } from 'react';
import type { Host } from '../api/host';
import { inputsOfRun, type RunInputs } from '../api/runs';
import { Store } from '../live/store';

/** What a run was given, once the server has told; the graph can do without it. */
export function useInputs(host: Host, runId: string | null): Store<RunInputs | null> {
  const store = useMemo(() => new Store<RunInputs | null>(null), [host, runId]);
  useEffect(() => {
    if (runId === null) return;
    inputsOfRun(host, runId).then(
      inputs => store.set(inputs),
      () => {} // whoever asks for the graph, or reads the events, says why the server is away
    );
  }, [host, runId, store]);
  return store;
}
