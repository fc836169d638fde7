// What a node says while it waits: for a time, a signal, or a paused run to go on.

import type { NodeView, RunView } from '../contracts/events.ts';

/** A state as it is shown: who waits for a time or a signal needs nobody, and in a paused run nothing runs. */
export function shownState({ status, wait }: Pick<NodeView, 'status' | 'wait'>, run: RunView['status']): string {
  if (run === 'paused' && (status === 'running' || status === 'retrying')) return 'paused';
  return status === 'waiting' && wait ? 'resting' : status;
}

/** The same of a run: it waits for a person only while somebody is asked. */
export function shownStatus({ status, nodes, inner }: Pick<RunView, 'status' | 'nodes' | 'inner'>): string {
  if (status !== 'waiting') return status;
  const isAsked = Object.values({ ...nodes, ...inner }).some(({ question }) => question && question.answer === null);
  return isAsked ? 'waiting' : 'resting';
}

/** `until 24 Nov 2026, 10:00:01`, `for the signal “order paid”`; nothing for one that does not wait so. */
export function waitOf({ status, wait }: Pick<NodeView, 'status' | 'wait'>, timeOf: (at: string) => string): string {
  if (status !== 'waiting' || !wait) return '';
  if (wait.kind === 'timer') return wait.due ? `until ${timeOf(wait.due)}` : '';
  const fitting = Object.keys(wait.match).length ? ` with ${JSON.stringify(wait.match)}` : '';
  const atMost = wait.due ? `, at most until ${timeOf(wait.due)}` : '';
  return `for the signal “${wait.signal}”${fitting}${atMost}`;
}
