// A flow inside a flow is one node of the drawing, and many in its run: `outer/inner`.

import type { NodeStatus, NodeView, RunView } from '../contracts/events';
import { UNKNOWN_NODE } from '../events/reduce';

/** The one that says most about a group, first. */
const LOUDEST: readonly NodeStatus[] = ['failed', 'waiting', 'retrying', 'running', 'cancelled'];

const groups = new WeakMap<RunView['nodes'], Map<string, NodeView>>();

/** What is known of a node of a drawing; null before the run knows it. */
export function nodeIn(view: RunView, id: string): NodeView | null {
  const { nodes } = view;
  if (Object.hasOwn(nodes, id)) return nodes[id] ?? null;
  return grouped(nodes).get(id) ?? null;
}

function grouped(nodes: RunView['nodes']): Map<string, NodeView> {
  const known = groups.get(nodes);
  if (known) return known;
  const members = new Map<string, NodeView[]>();
  for (const [id, node] of Object.entries(nodes)) {
    for (let slash = id.indexOf('/'); slash > 0; slash = id.indexOf('/', slash + 1)) {
      const outer = id.slice(0, slash);
      members.set(outer, [...(members.get(outer) ?? []), node]);
    }
  }
  const made = new Map([...members].map(([id, inside]) => [id, together(inside)]));
  groups.set(nodes, made);
  return made;
}

function together(inside: readonly NodeView[]): NodeView {
  const status = statusOf(inside);
  const begun = inside.flatMap(node => node.started_at ?? []).sort();
  const ended = inside.flatMap(node => node.ended_at ?? []).sort();
  const isOver = status === 'completed' || status === 'reused' || status === 'failed';
  const [first, last] = [begun.at(0) ?? null, isOver ? (ended.at(-1) ?? null) : null];
  const over = inside.filter(node => isSettled(node.status)).length;
  return {
    ...UNKNOWN_NODE,
    status,
    attempt: 1,
    started_at: first,
    ended_at: last,
    duration_s: first && last ? (Date.parse(last) - Date.parse(first)) / 1000 : null,
    progress: status === 'running' ? { done: over, total: inside.length } : null,
    error: inside.find(node => node.status === 'failed')?.error ?? null,
    question: inside.find(node => node.status === 'waiting')?.question ?? null
  };
}

function statusOf(inside: readonly NodeView[]): NodeStatus {
  const loudest = LOUDEST.find(status => inside.some(node => node.status === status));
  if (loudest) return loudest;
  if (inside.every(node => node.status === 'reused')) return 'reused';
  if (inside.every(node => node.status === 'skipped')) return 'skipped';
  if (inside.every(node => isSettled(node.status))) return 'completed';
  return inside.some(node => isSettled(node.status)) ? 'running' : 'pending';
}

function isSettled(status: NodeStatus): boolean {
  return status === 'completed' || status === 'reused' || status === 'skipped';
}
