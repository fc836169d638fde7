import type { Json } from '../contracts/events';
import { INPUT } from '../contracts/graph';
import { Store } from '../live/store';
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

export function editCount(edits: Edits): number {
  return Object.values(edits).reduce((sum, ports) => sum + Object.keys(ports).length, 0);
}

/** Changes that can be taken back one by one. */
export class EditStore extends Store<Edits> {
  private past: Edits[] = [];

  constructor() {
    super(NO_EDITS);
  }

  override set(edits: Edits): void {
    if (edits !== this.get()) this.past.push(this.get());
    super.set(edits);
  }

  undo(): void {
    const before = this.past.pop();
    if (before) super.set(before);
  }

  /** They are run now, or belong to another flow: nothing to take back. */
  clear(): void {
    this.past = [];
    super.set(NO_EDITS);
  }
}
