import { type ReactElement, useMemo } from 'react';
import type { Host } from '../api/host';
import type { Json } from '../contracts/events';
import type { Graph } from '../contracts/graph';
import { Store } from '../live/store';
import { useRunStore } from '../live/useRun';
import { Skeleton } from '../parts/Notice';
import { RuntimeNotice } from '../panels/RuntimeNotice';
import { Canvas } from './Canvas';
import { type Edits, type Place, type Scene, SceneContext } from './scene';
import { useGraph } from './useGraph';

/** The kernel that wrote the flow; runs are asked of it, because it ships the functions of its cells. */
export interface KernelLink {
  isAlive(): boolean;
  subscribe(listener: () => void): () => void;
  run(
    inputs: Record<string, Json>,
    values: Record<string, Record<string, Json>>
  ): Promise<{ run_id: string }>;
}

export interface FlowProps {
  host: Host;
  graph?: Graph;
  runId?: string | null;
  kernel?: KernelLink | null;
  /** Take the height of the place instead of what the graph needs. */
  fill?: boolean;
}

/** A flow as a graph, and a run of it as it happens. */
export function FlowView({ host, graph: given, runId = null, fill = false }: FlowProps): ReactElement {
  const { graph, problem, retry } = useGraph(host, given, runId);
  const run = useRunStore(host, runId);
  const scene = useMemo<Scene | null>(
    () =>
      graph && {
        host,
        graph,
        runId,
        run,
        edits: new Store<Edits>({}),
        place: new Store<Place>({ at: null, open: null }),
        runFrom: null
      },
    [host, graph, runId, run]
  );
  if (!scene) return problem ? <RuntimeNotice host={host} problem={problem} onUp={retry} /> : <Skeleton />;
  return (
    <SceneContext value={scene}>
      <div className="pai-Flow" data-fill={fill || undefined}>
        <Canvas graph={scene.graph} fill={fill} />
      </div>
    </SceneContext>
  );
}
