import { useEffect, useState } from 'react';
import type { Host } from '../api/host';
import { type LiveRun, UNKNOWN, followRun } from './runSource';
import { Store, useStore } from './store';

const NOBODY = new Store(UNKNOWN);

/** The store of a run that is followed as long as the component lives; another one for another run. */
export function useRunStore(host: Host, runId: string | null): Store<LiveRun> {
  const [run, setRun] = useState(NOBODY);
  useEffect(() => {
    if (runId === null) return setRun(NOBODY);
    const followed = followRun(host, runId);
    setRun(followed.run);
    return followed.stop;
  }, [host, runId]);
  return run;
}

/** A run, folded from its events as they come. */
export function useRun(host: Host, runId: string): LiveRun {
  return useStore(useRunStore(host, runId), whole);
}

const whole = (run: LiveRun): LiveRun => run;
