import { useState } from 'react';
import type { Host } from '../api/host';
import { type Command, command } from '../api/control';
import { forkRun } from '../api/runs';
import { useAction, type UsedAction } from '../live/action';
import type { KernelLink } from './FlowView';
import { asChanges, type EditStore } from './edits';
import type { Inputs } from './InputFields';

export interface Followed {
  /** The run that is shown: the one that was asked for, or the last that was begun here. */
  runId: string | null;
  /** What is being asked for now: one thing at a time. */
  action: UsedAction;
  back: (() => void) | null;
  run(kernel: KernelLink, inputs: Inputs, edits: EditStore, onBegun: () => void): void;
  fork(at: string | null, edits: EditStore): void;
  /** Pause, resume, step, cancel. */
  command(what: Command): void;
}

/** Runs that a person begins in the view, one after the other; each can be gone back from. */
export function useFollowed(host: Host, given: string | null): Followed {
  const [trail, setTrail] = useState<{ from: string | null; runs: string[] }>({ from: given, runs: [] });
  const action = useAction();
  // Whoever mounted the view shows another run now: what was begun from the old one is past.
  const runs = trail.from === given ? trail.runs : [];
  const runId = runs.at(-1) ?? given;

  function begin(edits: EditStore, ask: () => Promise<string>, onBegun?: () => void): void {
    action.run(async () => {
      const sent = edits.get();
      const begun = await ask();
      setTrail({ from: given, runs: [...runs, begun] });
      if (edits.get() === sent) edits.clear(); // what was typed meanwhile is not in the run
      onBegun?.();
    });
  }

  return {
    runId,
    action,
    back: runs.length > 0 && (runs.length > 1 || given !== null) ? () => setTrail({ from: given, runs: runs.slice(0, -1) }) : null,
    run: (kernel, inputs, edits, onBegun) =>
      begin(edits, async () => (await kernel.run(inputs, asChanges(edits.get()).values)).run_id, onBegun),
    fork: (at, edits) => begin(edits, () => forkRun(host, runId ?? '', { at, ...asChanges(edits.get()) })),
    command: what => runId !== null && action.run(() => command(host, runId, what))
  };
}
