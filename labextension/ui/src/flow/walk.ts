// Arrow keys go along edges: to the right where a value goes, to the left where it comes from,
// up and down to what stands there.

import type { Graph } from '../contracts/graph';
import type { Box, Layout } from './layout';

const KEYS: Record<string, readonly [number, number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1]
};

/** The node that a key leads to; null if the key is none of these or nothing is there. */
export function next(graph: Graph, layout: Layout, from: string | null, key: string): string | null {
  const ids = graph.nodes.map(node => node.id);
  const order = [...ids].sort((a, b) => compare(layout.boxes.get(a), layout.boxes.get(b)));
  if (key === 'Home') return order[0] ?? null;
  if (key === 'End') return order.at(-1) ?? null;
  const step = KEYS[key];
  if (!step) return null;
  const here = from === null ? undefined : layout.boxes.get(from);
  if (from === null || !here) return order[0] ?? null;

  const along = step[0] > 0 ? after(graph, from) : step[0] < 0 ? before(graph, from) : [];
  return nearest(here, along, layout) ?? nearest(here, ids.filter(id => lies(here, layout.boxes.get(id), step)), layout);
}

function after(graph: Graph, id: string): string[] {
  return graph.edges.filter(edge => edge.source.node === id).map(edge => edge.target.node);
}

function before(graph: Graph, id: string): string[] {
  return graph.edges.filter(edge => edge.target.node === id).map(edge => edge.source.node);
}

function nearest(here: Box, ids: readonly string[], layout: Layout): string | null {
  const far = (id: string): number => distance(here, layout.boxes.get(id));
  return ids.filter(id => layout.boxes.has(id)).sort((a, b) => far(a) - far(b))[0] ?? null;
}

function distance(here: Box, there: Box | undefined): number {
  if (!there) return Infinity;
  return Math.hypot(there.x - here.x, middle(there) - middle(here));
}

/** Whether a box lies that way, more than it lies aside. */
function lies(here: Box, there: Box | undefined, [across, down]: readonly [number, number]): boolean {
  if (!there) return false;
  const [x, y] = [there.x - here.x, middle(there) - middle(here)];
  return down !== 0 ? y * down > 0 && Math.abs(x) < here.width : x * across > 0 && Math.abs(y) < here.height;
}

function middle(box: Box): number {
  return box.y + box.height / 2;
}

function compare(a: Box | undefined, b: Box | undefined): number {
  return a && b ? a.x - b.x || a.y - b.y : 0;
}
