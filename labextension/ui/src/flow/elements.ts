// A graph as what React Flow draws. Made once for a graph and a layout; states never go in here.

import type { Edge, Node } from '@xyflow/react';
import { type FlowInput, type FlowOutput, type Glyph, type Graph, type GraphNode, INPUT, OUTPUT, type Point } from '../contracts/graph';
import { arrowKey, endId, type Layout, sourceId } from './layout';

export type BlockElement = Node<{ node: GraphNode; height: number }, 'block'>;
export type EndElement = Node<{ input: FlowInput } | { output: FlowOutput }, 'end'>;
export type Element = BlockElement | EndElement;
export type Wire = Edge<{ glyph: Glyph; bends: readonly Point[] }, 'wire'>;

const NO_BENDS: readonly Point[] = [];
/** The one port of an end of the flow. */
export const END = 'end';

export function elements(graph: Graph, layout: Layout): { nodes: Element[]; edges: Wire[] } {
  const placed = (id: string): { position: Point; initialWidth: number; initialHeight: number } => {
    const { x = 0, y = 0, width = 0, height = 0 } = layout.boxes.get(id) ?? {};
    return { position: { x, y }, initialWidth: width, initialHeight: height };
  };
  const inputs: Element[] = graph.inputs.map(input => {
    const id = endId(INPUT, input.name);
    return { id, type: 'end', data: { input }, ...placed(id) };
  });
  const outputs: Element[] = graph.outputs.map(output => {
    const id = endId(OUTPUT, output.name);
    return { id, type: 'end', data: { output }, ...placed(id) };
  });
  const blocks: Element[] = graph.nodes.map(node => {
    const height = layout.boxes.get(node.id)?.height ?? 0;
    return { id: node.id, type: 'block', data: { node, height }, ...placed(node.id) };
  });
  const nodes = [...inputs, ...blocks, ...outputs];
  return { nodes, edges: wires(graph, layout, new Set(nodes.map(node => node.id))) };
}

function wires(graph: Graph, layout: Layout, known: ReadonlySet<string>): Wire[] {
  const glyphs = glyphsOf(graph);
  const made: Wire[] = [];
  function add(source: string, port: string, target: string, targetPort: string): void {
    if (!known.has(source) || !known.has(target)) return;
    made.push({
      id: `${source}.${port} ${target}.${targetPort}`,
      type: 'wire',
      source,
      target,
      sourceHandle: port,
      targetHandle: targetPort,
      data: {
        glyph: glyphs.get(`${source}.${port}`) ?? 'any',
        bends: layout.bends.get(arrowKey(source, target)) ?? NO_BENDS
      }
    });
  }
  for (const { source, target } of graph.edges) {
    add(sourceId(source), source.node === INPUT ? END : source.port, target.node, target.port);
  }
  for (const output of graph.outputs) {
    add(sourceId(output), output.node === INPUT ? END : output.port, endId(OUTPUT, output.name), END);
  }
  return made;
}

function glyphsOf(graph: Graph): Map<string, Glyph> {
  const found = new Map<string, Glyph>();
  for (const input of graph.inputs) found.set(`${endId(INPUT, input.name)}.${END}`, input.glyph);
  for (const node of graph.nodes) {
    for (const port of node.outputs) found.set(`${node.id}.${port.name}`, port.glyph);
  }
  return found;
}
