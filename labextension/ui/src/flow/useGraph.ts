import { useCallback, useEffect, useState } from 'react';
import { asProblem, type Host, type Problem } from '../api/host';
import { graphOfRun } from '../api/runs';
import type { Graph } from '../contracts/graph';

interface Found {
  graph: Graph | null;
  /** Whether it is that of the run, not what is shown until that has come. */
  isCurrent: boolean;
  problem: Problem | null;
  retry(): void;
}

const AGAIN_MS = 3000;

/**
 * The graph that was given, or that of the run. A server that is away is asked again.
 *
 * @param meanwhile What is shown until the run's own graph is there, and if it never comes.
 */
export function useGraph(host: Host, given: Graph | undefined, runId: string | null, meanwhile: Graph | null): Found {
  const [fetched, setFetched] = useState<{ graph: Graph; of: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  const retry = useCallback(() => setTurn(n => n + 1), []);

  useEffect(() => setProblem(null), [host, given, runId]);

  useEffect(() => {
    if (given || runId === null) return;
    let isStopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    graphOfRun(host, runId).then(
      graph => {
        if (isStopped) return;
        setFetched({ graph, of: runId });
        setProblem(null);
      },
      error => {
        if (isStopped) return;
        const problem = asProblem(error);
        // What is shown stays while the server is away, but not for a run that there isn't.
        if (problem.status === 404) setFetched(null);
        else timer = setTimeout(retry, AGAIN_MS);
        setProblem(problem);
      }
    );
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [host, given, runId, turn, retry]);

  const isCurrent = given !== undefined || (fetched !== null && fetched.of === runId);
  return { graph: given ?? fetched?.graph ?? meanwhile, isCurrent, problem, retry };
}
