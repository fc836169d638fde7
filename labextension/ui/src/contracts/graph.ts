// What the graph view draws. Its twin is `persistentai_lab/flow/graph.py`.

import type { Json } from './events';

export type Glyph =
  | 'text'
  | 'number'
  | 'boolean'
  | 'list'
  | 'object'
  | 'table'
  | 'image'
  | 'file'
  | 'stream'
  | 'secret'
  | 'any';

export type Effect = 'pure' | 'read' | 'store' | 'write' | 'human';

export type JsonSchema = { readonly [key: string]: Json };

export interface GraphPort {
  readonly name: string;
  readonly glyph: Glyph;
  /** In a few words: `list of objects`. */
  readonly type: string;
  readonly help: string;
}

export interface PortRef {
  readonly node: string;
  readonly port: string;
}

export interface GraphInput extends GraphPort {
  /** Where an edge brings it from; `node` is `$input` for an input of the flow. */
  readonly source: PortRef | null;
  readonly has_value: boolean;
  readonly value: Json;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** A node of a flow that a node runs. */
export interface InnerNode {
  /** Its id in a run: as `each/17/fetch`, but with a star for the number of an item or a round. */
  readonly at: string;
  /** The end of it: `fetch`, or `when/then/fetch`. */
  readonly name: string;
  /** The part that its flow plays at the outermost node. */
  readonly role: string;
  /** An input of it that gets a value. */
  readonly port: string | null;
}

export interface GraphNode {
  readonly id: string;
  readonly block: string;
  readonly title: string;
  readonly help: string;
  readonly family: string;
  readonly effect: Effect;
  /** What goes on around its body, in words: `Starts 10 times a minute at most`. */
  readonly policies?: ReadonlyArray<string>;
  /** A write with an idempotency key may be called again after a crash; one without asks first. */
  readonly keyed: boolean;
  /** Whether a person is asked before it runs; left out by older releases. */
  readonly approval?: boolean;
  /** A person's own code, not a block of the package. */
  readonly own: boolean;
  /** What a control node runs, in a few words, by the part that each flow plays. */
  readonly flows?: { readonly [role: string]: string };
  /** The nodes of these flows, and of those in them; left out by older releases. */
  readonly inside?: ReadonlyArray<InnerNode>;
  readonly inputs: ReadonlyArray<GraphInput>;
  readonly outputs: ReadonlyArray<GraphPort>;
}

export interface FlowInput extends GraphPort {
  readonly has_default: boolean;
  readonly default?: Json;
  readonly schema: JsonSchema;
}

export interface FlowOutput extends PortRef {
  readonly name: string;
  readonly glyph: Glyph;
}

export interface GraphEdge {
  readonly source: PortRef;
  readonly target: PortRef;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Graph {
  readonly name: string;
  /** Of what is drawn: the same hash, the same layout. */
  readonly hash: string;
  readonly inputs: ReadonlyArray<FlowInput>;
  readonly outputs: ReadonlyArray<FlowOutput>;
  readonly nodes: ReadonlyArray<GraphNode>;
  readonly edges: ReadonlyArray<GraphEdge>;
  readonly layout: { readonly [id: string]: Point };
}

/** The source of an edge that carries an input of the flow. */
export const INPUT = '$input';
/** The target of what the flow gives back; stands in no edge of a `Graph`. */
export const OUTPUT = '$output';
