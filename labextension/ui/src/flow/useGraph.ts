import { useCallback, useEffect, useState } from 'react';
import { type Host, Problem } from '../api/host';
import { graphOfRun } from '../api/runs';
import type { Graph } from '../contracts/graph';

interface Found {
  graph: Graph | null;
  problem: Problem | null;
  retry(): void;
}

/** The graph that was given, or that of the run; the last one stays until another is there. */
export function useGraph(host: Host, given: Graph | undefined, runId: string | null): Found {
  const [fetched, setFetched] = useState<Graph | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (given || runId === null) return;
    let isStopped = false;
    setProblem(null);
    graphOfRun(host, runId).then(
      graph => {
        if (!isStopped) setFetched(graph);
      },
      error => {
        if (!isStopped) setProblem(error instanceof Problem ? error : new Problem('ui_error', String(error)));
      }
    );
    return () => {
      isStopped = true;
    };
  }, [host, given, runId, turn]);

  return { graph: given ?? fetched, problem, retry: useCallback(() => setTurn(n => n + 1), []) };
}
