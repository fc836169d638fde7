import { type ReactElement, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Host, Problem } from '../api/host';
import { hasEnded } from '../api/runs';
import type { Json } from '../contracts/events';
import type { Graph } from '../contracts/graph';
import { count } from '../format';
import { Store } from '../live/store';
import { useRunStore } from '../live/useRun';
import { Boundary } from '../parts/Boundary';
import { Refused, Said } from '../parts/Do';
import { Notice, Skeleton, Strip, WithCode } from '../parts/Notice';
import { RuntimeNotice } from '../panels/RuntimeNotice';
import { Canvas } from './Canvas';
import { EditStore } from './edits';
import { Head } from './Head';
import { Inspector } from './Inspector';
import { RunForm } from './RunForm';
import { namesOf, type Place, type Scene, SceneContext } from './scene';
import { Strips } from './Strips';
import { type Followed, useFollowed } from './useFollowed';
import { useGraph } from './useGraph';
import { useInputs } from './useInputs';

/** The kernel that wrote the flow; runs are asked of it, because it ships the functions of its cells. */
export interface KernelLink {
  isAlive(): boolean;
  subscribe(listener: () => void): () => void;
  run(
    inputs: Record<string, Json>,
    values: { readonly [node: string]: { readonly [port: string]: Json } }
  ): Promise<{ run_id: string }>;
}

export interface FlowProps {
  host: Host;
  graph?: Graph;
  runId?: string | null;
  kernel?: KernelLink | null;
  /** Another run is shown now, one that was begun in this view; whoever mounted it may remember it. */
  onRun?(runId: string): void;
  /** The run that is shown has ended. May be called more than once. */
  onEnd?(runId: string): void;
  /** Take the height of the place instead of what the graph needs. */
  fill?: boolean;
}

/** A flow as a graph, and a run of it as it happens. */
export function FlowView(props: FlowProps): ReactElement {
  return (
    <Boundary>
      <Live {...props} />
    </Boundary>
  );
}

function Live({ host, graph: drawn, runId: asked = null, kernel = null, onRun, onEnd, fill = false }: FlowProps): ReactElement {
  const followed = useFollowed(host, asked);
  const { runId } = followed;
  useEffect(() => {
    if (runId !== null && runId !== asked) onRun?.(runId);
  }, [runId]);
  const { graph, problem, retry } = useGraph(host, runId === asked ? drawn : undefined, runId, drawn ?? null);
  const run = useRunStore(host, runId);
  useEffect(() => {
    const look = (): void => {
      if (runId !== null && hasEnded(run.get().view.status)) onEnd?.(runId);
    };
    look();
    return run.subscribe(look);
  }, [run, runId]);
  const [edits] = useState(() => new EditStore());
  const given = useInputs(host, runId);
  const [place] = useState(() => new Store<Place>({ at: null, open: null }));

  const scene = useMemo<Scene | null>(() => {
    if (!graph) return null;
    return {
      ...{ host, graph, runId, run, edits, place, given },
      canEdit: runId !== null || kernel !== null,
      nameOf: namesOf(graph),
      runFrom: runId === null ? null : at => followed.fork(at, edits)
    };
  }, [host, graph, runId, run, given, kernel === null]);

  if (!scene) return problem ? <Missing host={host} problem={problem} onUp={retry} /> : <Skeleton />;
  return (
    <SceneContext value={scene}>
      <section className="pai-Flow" data-fill={fill || undefined}>
        <Top scene={scene} followed={followed} kernel={kernel} problem={problem} />
        <div className="pai-Flow-body">
          <Graphed graph={scene.graph} fill={fill} />
          <Inspector />
        </div>
      </section>
    </SceneContext>
  );
}

interface TopProps {
  scene: Scene;
  followed: Followed;
  kernel: KernelLink | null;
  /** Why the run's own graph is not there. */
  problem: Problem | null;
}

/** What stands above the graph: which flow and run it is, and what concerns it as a whole. */
function Top({ scene, followed, kernel, problem }: TopProps): ReactElement {
  const { graph, edits, runId } = scene;
  const subscribe = useCallback((listener: () => void) => kernel?.subscribe(listener) ?? noop, [kernel]);
  const isAlive = useSyncExternalStore(subscribe, () => kernel?.isAlive() ?? false);
  const [isOpen, setOpen] = useState(false);
  const [inputs, setInputs] = useState<Record<string, Json>>({});

  function run(given: Record<string, Json>): void {
    setInputs(given);
    if (kernel) followed.run(kernel, given, edits, () => setOpen(false));
  }

  // A run that is looked at needs no reason why there is no other.
  const runIs =
    isAlive || runId === null
      ? {
          disabledBecause: isAlive ? null : 'Start the kernel and run this cell to run the flow',
          isOpen,
          onClick: () => (graph.inputs.length > 0 ? setOpen(!isOpen) : run({}))
        }
      : undefined;
  return (
    <>
      <Head runIs={runIs} isBusy={followed.action.isBusy} onBack={followed.back} onCommand={followed.command} />
      {isOpen ? null : <Refused by={followed.action} />}
      {isOpen && kernel && (
        <RunForm
          inputs={graph.inputs}
          initial={inputs}
          running={followed.action}
          onRun={run}
          onClose={() => setOpen(false)}
        />
      )}
      {problem && <Strip><Said problem={problem} /> What is drawn is of before.</Strip>}
      <Strips />
    </>
  );
}

function Missing(props: Parameters<typeof RuntimeNotice>[0]): ReactElement {
  const { code, status, message, remedy } = props.problem;
  if (status !== 404) return <RuntimeNotice {...props} />;
  return (
    <Notice title={code === 'run_not_found' ? 'There is no such run' : 'Not found'} kind="error" action={{ label: 'Try again', onClick: props.onUp }}>
      <p>{message}</p>
      <p className="pai-quiet">
        <WithCode text={remedy || 'It may belong to another workspace or runtime.'} />
      </p>
    </Notice>
  );
}

/** Nobody can read more, and a page that tries to place them all stands still. */
const MOST_NODES = 1500;

function Graphed({ graph, fill }: { graph: Graph; fill: boolean }): ReactElement {
  if (graph.nodes.length === 0) return <NoNodes />;
  if (graph.nodes.length <= MOST_NODES) return <Canvas fill={fill} />;
  return (
    <Notice title={`${count(graph.nodes.length, 'node')}: too many to draw`}>
      <p>Up to {MOST_NODES.toLocaleString()} are drawn. Put parts of it into flows of their own: each is one node here.</p>
    </Notice>
  );
}

function NoNodes(): ReactElement {
  return (
    <Notice title="This flow has no nodes yet">
      <p>Each call of a block in the flow’s function becomes a node:</p>
      <pre>{'@pai.flow\ndef report(path: str) -> str:\n    return text.table(csv.read(path))'}</pre>
    </Notice>
  );
}

const noop = (): void => {};
