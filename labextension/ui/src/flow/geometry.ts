// How large things are, so that they can be placed before they are drawn. The style sheet says the
// same in `--pai-*`; what a node shows beyond its reserve is cut off there.

import type { FlowInput, GraphInput, GraphNode } from '../contracts/graph';

export const NODE_WIDTH = 208;
export const END_WIDTH = 112;
export const HEAD = 30;
export const ROW = 22;
/** Above and below the rows. */
export const PAD = 4;
/** What a run adds under the ports: one look at the value, or an error. */
export const RESERVE = 96;
export const FOOT = 22;
/** More unset inputs than this are left to the inspector. */
const MOST_ROWS = 9;

/** The inputs that a node shows: those that something feeds first; defaults are left to the inspector. */
export function shownInputs(node: GraphNode): readonly GraphInput[] {
  return node.inputs.filter(input => input.source || input.has_value || input.required).slice(0, MOST_ROWS);
}

/** More flows inside than this are left to the inspector. */
const MOST_FLOWS = 4;

/** The flows that a control node shows, each by its part and in a few words. */
export function shownFlows(node: GraphNode): readonly (readonly [string, string])[] {
  return Object.entries(node.flows ?? {}).slice(0, MOST_FLOWS);
}

export interface Size {
  width: number;
  height: number;
}

/** A node with room for what a run will show, or without. */
export function nodeSize(node: GraphNode, hasRun: boolean): Size {
  const inputs = shownInputs(node);
  const more = inputs.length < node.inputs.length ? 1 : 0;
  const rows = inputs.length + more + node.outputs.length + shownFlows(node).length;
  return { width: NODE_WIDTH, height: HEAD + 2 * PAD + rows * ROW + (hasRun ? RESERVE + FOOT : 0) };
}

export function endSize(end: FlowInput | { name: string }): Size {
  return { width: END_WIDTH, height: 'has_default' in end ? 46 : 30 };
}

/** Where edges arrive at a node or leave it: the middle of each port's row, from its upper edge. */
export function portRows(node: GraphNode): { inputs: Map<string, number>; outputs: Map<string, number> } {
  const shown = shownInputs(node);
  const hasMore = shown.length < node.inputs.length;
  const middle = (row: number): number => HEAD + PAD + row * ROW + ROW / 2;
  const after = shown.length + (hasMore ? 1 : 0);
  const inputs = new Map(node.inputs.map(input => [input.name, middle(shown.length)]));
  shown.forEach((input, row) => inputs.set(input.name, middle(row)));
  return { inputs, outputs: new Map(node.outputs.map((port, n) => [port.name, middle(after + n)])) };
}
