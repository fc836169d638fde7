// Nodes inside control nodes: what a run calls them, and which of them it is to pause before.

import type { Breakpoint, RunView } from '../contracts/events';
import type { GraphNode, InnerNode } from '../contracts/graph';

/** A breakpoint of a node inside; set at all its like, or at one of them by a number. */
export interface InnerPoint extends Breakpoint {
  readonly at: string;
}

/** What all items, rounds and attempts of a node inside have in common: stars for their numbers. */
export function alike(id: string): string {
  return id.replaceAll(/(?<=\/)@\d+\//g, '').replaceAll(/(?<=\/)\d+(?=[./])/g, '*');
}

/** The breakpoints of a node inside. */
export function pointsAt(view: RunView, at: string): readonly InnerPoint[] {
  const { nodes, breakpoints } = view;
  const planned = Object.hasOwn(nodes, at) ? (nodes[at]?.breakpoint ?? null) : null; // of an inlined flow
  const inner = Object.entries(breakpoints).filter(([name]) => alike(name) === at);
  return [...(planned ? [{ at, ...planned }] : []), ...inner.map(([name, point]) => ({ at: name, ...point }))];
}

/** The nodes of a part that stand under one of its own: itself, and those that it runs. */
export function under(node: GraphNode, role: string, name: string): readonly InnerNode[] {
  return (node.inside ?? []).filter(it => it.role === role && (it.name === name || it.name.startsWith(`${name}/`)));
}

/** The node before which a run lies still, if it is one inside: its id in the run. */
export function heldInside(view: RunView): string | null {
  if (view.status !== 'paused') return null;
  return Object.entries(view.inner).find(([, node]) => node.is_held)?.[0] ?? null;
}

/** Whether it lies still before a node inside this one. */
export function isHeldIn(view: RunView, owner: string): boolean {
  return heldInside(view)?.startsWith(`${owner}/`) === true;
}

/** On what condition a paused run halts, and what was wrong with it. */
export function haltOf(view: RunView): { when: string | null; trouble: string | null } {
  const inside = heldInside(view);
  const held = inside === null ? Object.values(view.nodes).find(node => node.is_held) : view.inner[inside];
  const points = inside === null ? [] : pointsAt(view, alike(inside));
  const point = inside === null ? held?.breakpoint : (points.find(({ at }) => at === inside) ?? points[0]);
  return { when: point?.when ?? null, trouble: held?.held_because ?? null };
}
