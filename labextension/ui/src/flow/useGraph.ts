import { useCallback, useEffect, useState } from 'react';
import { type Host, Problem } from '../api/host';
import { graphOfRun } from '../api/runs';
import type { Graph } from '../contracts/graph';

interface Found {
  graph: Graph | null;
  problem: Problem | null;
  retry(): void;
}

/**
 * The graph that was given, or that of the run.
 *
 * @param meanwhile What is shown until the run's own graph is there, and if it never comes.
 */
export function useGraph(host: Host, given: Graph | undefined, runId: string | null, meanwhile: Graph | null): Found {
  const [fetched, setFetched] = useState<Graph | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    setProblem(null);
    if (given || runId === null) return;
    let isStopped = false;
    graphOfRun(host, runId).then(
      graph => {
        if (!isStopped) setFetched(graph);
      },
      error => {
        if (isStopped) return;
        const problem = error instanceof Problem ? error : new Problem('ui_error', String(error));
        // What is shown stays while the server is away, but not for a run that there isn't.
        if (problem.status === 404) setFetched(null);
        setProblem(problem);
      }
    );
    return () => {
      isStopped = true;
    };
  }, [host, given, runId, turn]);

  return { graph: given ?? fetched ?? meanwhile, problem, retry: useCallback(() => setTurn(n => n + 1), []) };
}
