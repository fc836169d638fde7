import { createContext, useContext } from 'react';
import type { Host } from '../api/host';
import type { Json, NodeView } from '../contracts/events';
import type { Graph } from '../contracts/graph';
import { type LiveRun } from '../live/runSource';
import { type Store, useStore } from '../live/store';
import type { Detail } from './frame';

/** Values that a person has changed and not run yet, by node and port. */
export type Edits = { readonly [node: string]: { readonly [port: string]: Json } };

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
  readonly edits: Store<Edits>;
  readonly place: Store<Place>;
  /** Run again from a node with the values as edited; absent where nothing can run. */
  readonly runFrom: ((node: string) => void) | null;
}

export const SceneContext = createContext<Scene | null>(null);
export const DetailContext = createContext<Detail>('full');

export function useScene(): Scene {
  const scene = useContext(SceneContext);
  if (!scene) throw new Error('Outside of a scene.');
  return scene;
}

/** What is known of a node in the run; null before it has begun. */
export function useNodeView(id: string): NodeView | null {
  return useStore(useScene().run, ({ view }) => (Object.hasOwn(view.nodes, id) ? (view.nodes[id] ?? null) : null));
}

export function useRunView<S>(select: (live: LiveRun) => S): S {
  return useStore(useScene().run, select);
}
