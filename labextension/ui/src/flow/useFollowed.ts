import { useState } from 'react';
import { type Host, Problem } from '../api/host';
import { type Command, command } from '../api/control';
import { forkRun } from '../api/runs';
import type { KernelLink } from './FlowView';
import { asChanges, type Edits } from './edits';
import type { Inputs } from './InputFields';

export interface Followed {
  /** The run that is shown: the one that was asked for, or the last that was begun here. */
  runId: string | null;
  isBusy: boolean;
  problem: Problem | null;
  forget(): void;
  back: (() => void) | null;
  run(kernel: KernelLink, inputs: Inputs, edits: Edits): Promise<boolean>;
  fork(at: string | null, edits: Edits): Promise<boolean>;
  /** Pause, resume, step, cancel. */
  command(what: Command): Promise<void>;
}

/** Runs that a person begins in the view, one after the other; each can be gone back from. */
export function useFollowed(host: Host, given: string | null): Followed {
  const [trail, setTrail] = useState<{ from: string | null; runs: string[] }>({ from: given, runs: [] });
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  // Whoever mounted the view shows another run now: what was begun from the old one is past.
  const runs = trail.from === given ? trail.runs : [];
  const runId = runs.at(-1) ?? given;

  async function begin(ask: () => Promise<string>): Promise<boolean> {
    setBusy(true);
    setProblem(null);
    try {
      const begun = await ask();
      setTrail({ from: given, runs: [...runs, begun] });
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  }

  return {
    runId,
    isBusy,
    problem,
    forget: () => setProblem(null),
    back: runs.length > 0 && (runs.length > 1 || given !== null) ? () => setTrail({ from: given, runs: runs.slice(0, -1) }) : null,
    run: (kernel, inputs, edits) =>
      begin(async () => (await kernel.run(inputs, asChanges(edits).values)).run_id),
    fork: (at, edits) => begin(() => forkRun(host, runId ?? '', { at, ...asChanges(edits) })),
    command: async what => {
      if (runId === null) return;
      try {
        await command(host, runId, what);
        setProblem(null);
      } catch (error) {
        setProblem(asProblem(error));
      }
    }
  };
}

/** A kernel may reject with the plain data of a problem. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { code, message, remedy } = error as Record<string, unknown>;
    return new Problem(String(code ?? 'ui_error'), String(message), typeof remedy === 'string' ? remedy : '');
  }
  return new Problem('ui_error', String(error));
}
