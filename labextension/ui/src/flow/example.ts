// Graphs and views for the tests of this folder.

import type { NodeView, RunView, ValueInfo } from '../contracts/events';
import { NOTHING_KNOWN } from '../contracts/events';
import type { Graph, GraphNode } from '../contracts/graph';
import { UNKNOWN_NODE } from '../events/reduce';

/** A graph written as arrows: `graph('a>b', 'b>c')`. Each input is called after its source. */
export function graph(...arrows: string[]): Graph {
  const pairs = arrows.map(arrow => arrow.split('>') as [string, string]);
  const ids = [...new Set(pairs.flat())].filter(id => !id.startsWith('$'));
  const nodes = ids.map(id => node(id, pairs.filter(([, target]) => target === id).map(([source]) => source)));
  return {
    name: 'example',
    hash: arrows.join(),
    inputs: [],
    outputs: [],
    nodes,
    edges: nodes.flatMap(({ id, inputs }) =>
      inputs.flatMap(({ source, name }) => (source ? [{ source, target: { node: id, port: name } }] : []))
    ),
    layout: {}
  };
}

export function node(id: string, sources: readonly string[] = []): GraphNode {
  return {
    ...{ id, block: 'text.join', title: id, help: '', family: 'text' },
    ...{ effect: 'pure', keyed: false, own: false },
    inputs: sources.map(source => ({
      ...{ name: source, glyph: 'any', type: 'anything', help: '' },
      ...{ source: { node: source, port: 'result' }, has_value: false, value: null, required: true, schema: {} }
    })),
    outputs: [{ name: 'result', glyph: 'any', type: 'anything', help: '' }]
  };
}

export function view(nodes: { [id: string]: Partial<NodeView> }): RunView {
  const known = Object.entries(nodes).map(([id, changes]) => [id, { ...UNKNOWN_NODE, ...changes }] as const);
  return { ...NOTHING_KNOWN, seq: 1, nodes: Object.fromEntries(known) };
}

export function value(changes: Partial<ValueInfo>): ValueInfo {
  return { media_type: 'application/json', size: 100, sha256: null, preview: null, about: null, head: null, expired_at: null, ...changes };
}
