import type { Json } from '../contracts/events';
import { type Graph, INPUT } from '../contracts/graph';
import { jsonEquals } from './words';

/** Values that a person has changed and not run yet, by node and port; `$input` for the flow's own. */
export type Edits = { readonly [node: string]: { readonly [port: string]: Json } };

export const NO_EDITS: Edits = {};

/** Change a value; back to what it was means no change at all. */
export function edited(edits: Edits, node: string, port: string, value: Json, original: Json | undefined): Edits {
  const ports = { ...edits[node], [port]: value };
  if (original !== undefined && jsonEquals(value, original)) delete ports[port];
  return withNode(edits, node, ports);
}

/** Forget what was changed at a node. */
export function discarded(edits: Edits, node: string): Edits {
  return withNode(edits, node, {});
}

function withNode(edits: Edits, node: string, ports: { readonly [port: string]: Json }): Edits {
  const { [node]: _, ...rest } = edits;
  return Object.keys(ports).length > 0 ? { ...rest, [node]: ports } : rest;
}

/** As the server takes them: literals of nodes, and inputs of the flow. */
export function asChanges(edits: Edits): { values: Edits; inputs: { readonly [name: string]: Json } } {
  const { [INPUT]: inputs = {}, ...values } = edits;
  return { values, inputs };
}

export function editOf(edits: Edits, node: string, port: string): Json | undefined {
  const ports = Object.hasOwn(edits, node) ? edits[node] : undefined;
  return ports && Object.hasOwn(ports, port) ? ports[port] : undefined;
}

/** Those that still have a place in a graph. */
export function fitting(edits: Edits, graph: Graph): Edits {
  const ids = new Set([INPUT, ...graph.nodes.map(node => node.id)]);
  const kept = Object.entries(edits).filter(([node]) => ids.has(node));
  return kept.length === Object.keys(edits).length ? edits : Object.fromEntries(kept);
}
