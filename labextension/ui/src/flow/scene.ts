import { createContext, useContext } from 'react';
import type { Host } from '../api/host';
import type { RunInputs } from '../api/runs';
import type { Json, NodeView } from '../contracts/events';
import type { Graph, GraphNode } from '../contracts/graph';
import type { LiveRun } from '../live/runSource';
import { type Store, useStore } from '../live/store';
import { type EditStore, editOf } from './edits';
import type { Detail } from './frame';
import { nodeIn } from './group';
import { shownState } from './wait';

/** Where a person is: the node that has the keyboard, and the one that is open in the inspector. */
export interface Place {
  readonly at: string | null;
  readonly open: string | null;
}

/** What everything in a drawing needs. It stays the same object as long as graph and run do. */
export interface Scene {
  readonly host: Host;
  readonly graph: Graph;
  readonly runId: string | null;
  readonly run: Store<LiveRun>;
  readonly edits: EditStore;
  /** What the run was given; null until it is known. */
  readonly given: Store<RunInputs | null>;
  readonly place: Store<Place>;
  /** Whether changed values can be run, so that it makes sense to change them. */
  readonly canEdit: boolean;
  /** What people call a node: its title, or its id where others have the same title. */
  readonly nameOf: (node: string) => string;
  /** Run again from a node, or from all that was changed, with the values as edited. */
  readonly runFrom: ((node: string | null) => void) | null;
}

export const SceneContext = createContext<Scene | null>(null);
export const DetailContext = createContext<Detail>('full');

export function useScene(): Scene {
  const scene = useContext(SceneContext);
  if (!scene) throw new Error('Outside of a scene.');
  return scene;
}

export function useRunView<S>(select: (live: LiveRun) => S): S {
  return useStore(useScene().run, select);
}

/** What is known of a node in the run; null before it has begun, and without a run. */
export function useNodeView(id: string): NodeView | null {
  return useRunView(({ view }) => nodeIn(view, id));
}

/** The state of a node; null where there is no run. */
export function useNodeState(id: string): string | null {
  return useRunView(({ view }) => {
    const node = nodeIn(view, id);
    return view.seq === 0 ? null : node ? shownState(node, view.status) : 'pending';
  });
}

/** What a person has put in the place of a value; undefined where it is as it was. */
export function useEdit(node: string, port: string): Json | undefined {
  return useStore(useScene().edits, edits => editOf(edits, node, port));
}

/** How many values of a node are changed. */
export function useEditCount(node: string): number {
  return useStore(useScene().edits, edits => Object.keys(edits[node] ?? {}).length);
}

/** The name that a person gave; else the title of the block, unless others have the same. */
export function namesOf(graph: Graph): (node: string) => string {
  const titles = new Map<string, number>();
  for (const { title } of graph.nodes) titles.set(title, (titles.get(title) ?? 0) + 1);
  const names = new Map(
    graph.nodes.map(node => [node.id, isNamed(node) || !node.title || titles.get(node.title) !== 1 ? node.id : node.title])
  );
  return node => names.get(node) ?? node;
}

/** Whether its id is more than that of its block with a number. */
function isNamed({ id, block }: GraphNode): boolean {
  const called = block.split(/[.:]/).at(-1) ?? block;
  const own = id.split('/').at(-1) ?? id;
  return own !== called && !(own.startsWith(`${called}_`) && /^\d+$/.test(own.slice(called.length + 1)));
}
