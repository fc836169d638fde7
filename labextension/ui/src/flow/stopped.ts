// Why a node did not run, or was stopped; and how its circuit breaker stands. In words.

import type { NodeView } from '../contracts/events';

type Told = Pick<NodeView, 'status' | 'skipped_by' | 'skipped_because' | 'lost_to'>;

/** Why it was skipped: `stopped: quick was first`. Empty if it was not. */
export function stopOf(node: Told, nameOf: (id: string) => string = id => id): string {
  if (node.status !== 'skipped' || !node.skipped_by) return '';
  const cause = nameOf(node.skipped_by);
  switch (node.skipped_because) {
    case 'race':
      return `stopped: ${node.lost_to ? nameOf(node.lost_to) : 'another'} was first`;
    case 'failed':
      return `stopped: ${cause} failed beside it`;
    case 'timed_out':
      return `stopped: the time of ${cause} was over`;
    default:
      return `because of ${cause}`;
  }
}

/** How its circuit breaker stands, unless it is closed and never was open. */
export function circuitOf({ circuit }: Pick<NodeView, 'circuit'>, time: (at: string) => string): string {
  if (!circuit) return '';
  switch (circuit.state) {
    case 'open': {
      const failures = circuit.failures === 1 ? '1 failure' : `${circuit.failures ?? 'some'} failures`;
      return `circuit “${circuit.key}” open after ${failures}${circuit.until ? `, tried again from ${time(circuit.until)}` : ''}`;
    }
    case 'half_open':
      return `tries whether “${circuit.key}” works again`;
    default:
      return `circuit “${circuit.key}” closed again`;
  }
}
