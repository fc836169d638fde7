// The fold that turns events into what people see. Its twin is `persistentai_lab/events/reduce.py`:
// both pass the same fixtures, so a page, a notebook and a script never disagree about a run.

import {
  INNER_KEPT,
  LOGS_KEPT,
  type Envelope,
  type NodeStatus,
  type NodeView,
  type RunEvent,
  type RunStatus,
  type RunView,
  type Totals
} from '../contracts/events.ts';
import { answered, closed, expired, requested } from './asked.ts';

type EventType = RunEvent['type'];
type Of<T extends EventType> = Extract<RunEvent, { type: T }>;
type NodeFold = { [T in EventType]?: (event: Of<T>, node: NodeView, envelope: Envelope) => Partial<NodeView> };
type RunFold = { [T in EventType]?: (event: Of<T>, view: Draft, envelope: Envelope) => Partial<RunView> };

/** A view whose nodes and counts nobody else holds yet. */
interface Draft extends Omit<RunView, 'nodes' | 'inner' | 'counts'> {
  readonly nodes: Record<string, NodeView>;
  readonly inner: Record<string, NodeView>;
  readonly counts: Record<NodeStatus, number>;
}

/** The view after one more event. An event that the view has seen already changes nothing. */
export function reduce(view: RunView, envelope: Envelope): RunView {
  return reduceAll(view, [envelope]);
}

/** The view after many events; the same as one by one, but copies the nodes only once. */
export function reduceAll(view: RunView, envelopes: Iterable<Envelope>): RunView {
  let draft: Draft = { ...view, nodes: { ...view.nodes }, inner: { ...view.inner }, counts: { ...view.counts } };
  for (const envelope of envelopes) {
    if (envelope.seq > draft.seq) draft = fold(draft, envelope);
  }
  return draft.seq > view.seq ? draft : view;
}

/** Change the nodes of a draft in place and copy the rest. */
function fold(view: Draft, envelope: Envelope): Draft {
  const { event, node: id, seq, at } = envelope;
  if (!KNOWN.has(event.type)) {
    return { ...view, seq, at, unread: { ...view.unread, [event.type]: (view.unread[event.type] ?? 0) + 1 } };
  }
  const owner = ownerOf(view, id);
  if (owner !== null && id !== null) {
    putInner(view, owner, id, envelope);
  } else if (id !== null) {
    const node = find(view, id) ?? UNKNOWN_NODE;
    const path = node.path ?? envelope.path;
    put(view, id, { path, ...call(ON_NODE[event.type], event, node, envelope) });
  }
  return { ...view, ...call(ON_RUN[event.type], event, view, envelope), seq, at };
}

/** A node may be called `constructor`, which every object seems to have. */
function find(view: Draft, id: string): NodeView | undefined {
  return Object.hasOwn(view.nodes, id) ? view.nodes[id] : undefined;
}

function put(view: Draft, id: string, changes: Partial<NodeView>): void {
  const before = find(view, id);
  const after = { ...(before ?? UNKNOWN_NODE), ...changes };
  view.nodes[id] = after;
  if (before) view.counts[before.status] -= 1;
  view.counts[after.status] += 1;
}

/** The planned node in one of whose flows a node is; null for a planned one. */
function ownerOf(view: Draft, id: string | null): string | null {
  if (id === null || find(view, id) || view.plan_hash === null) return null;
  for (let end = id.lastIndexOf('/'); end > 0; end = id.lastIndexOf('/', end - 1)) {
    const owner = id.slice(0, end);
    if (find(view, owner)) return owner;
  }
  return null;
}

function putInner(view: Draft, owner: string, id: string, envelope: Envelope): void {
  const node = view.inner[id] ?? { ...UNKNOWN_NODE, path: envelope.path };
  setInner(view, owner, id, { path: node.path, ...call(ON_NODE[envelope.event.type], envelope.event, node, envelope) });
  if (isOver(view.inner[id])) dropInner(view);
}

/** Change a node inside, and what its owner tells of them. Who changed last stands last. */
function setInner(view: Draft, owner: string, id: string, changes: Partial<NodeView>): void {
  const before = view.inner[id];
  const after = { ...(before ?? UNKNOWN_NODE), ...changes };
  delete view.inner[id];
  view.inner[id] = after;
  const outer = find(view, owner) ?? UNKNOWN_NODE;
  const inside: { [key in NodeStatus]?: number } = { ...outer.inside };
  if (before) inside[before.status] = (inside[before.status] ?? 0) - 1;
  inside[after.status] = (inside[after.status] ?? 0) + 1;
  let { status } = outer;
  if (after.status === 'waiting') status = 'waiting';
  else if (status === 'waiting' && !inside.waiting) status = 'running';
  const counts = Object.fromEntries(Object.entries(inside).filter(([, count]) => count));
  put(view, owner, { inside: counts as NodeView['inside'], status });
}

function isOver(node: NodeView | undefined): boolean {
  return node !== undefined && OVER.has(node.status);
}

const OVER: ReadonlySet<NodeStatus> = new Set(['completed', 'reused', 'failed', 'skipped', 'cancelled']);

/** Forget the one that ended first, if too many have; of those that failed only the last. */
function dropInner(view: Draft): void {
  const over = Object.keys(view.inner).filter(id => isOver(view.inner[id]));
  const [first] = over;
  if (over.length <= INNER_KEPT || first === undefined) return;
  delete view.inner[over.find(id => view.inner[id]?.status !== 'failed') ?? first];
}

/** A table's entry is for the event it stands under; the compiler can't see that through a look-up. */
function call<S, C extends object>(
  entry: ((event: never, state: S, envelope: Envelope) => C) | undefined,
  event: RunEvent,
  state: S,
  envelope: Envelope
): C | undefined {
  return entry?.(event as never, state, envelope);
}

export const UNKNOWN_NODE: NodeView = {
  path: null,
  status: 'pending',
  block: null,
  worker: null,
  attempt: 0,
  retries: 0,
  retry_cause: null,
  started_at: null,
  ended_at: null,
  duration_s: null,
  outputs: {},
  error: null,
  reused_from: null,
  reused_because: null,
  delayed_until: null,
  delayed_by: null,
  spent: {},
  circuit: null,
  skipped_by: null,
  skipped_because: null,
  lost_to: null,
  progress: null,
  logs: [],
  log_count: 0,
  question: null,
  wait: null,
  emitted: null,
  breakpoint: null,
  is_held: false,
  held_because: null,
  changed: {},
  choice: null,
  child: null,
  inside: {} as NodeView['inside']
};

/** What an event means for its node. */
const NODE = {
  'node.started': (event, node, { at, attempt }) => ({
    status: 'running',
    block: event.block,
    worker: event.worker,
    attempt: attempt || node.attempt || 1,
    started_at: at,
    ended_at: null,
    duration_s: null,
    progress: null,
    is_held: false,
    held_because: null,
    delayed_until: null,
    delayed_by: null
  }),
  'node.delayed': ({ until, key }) => ({ delayed_until: until, delayed_by: key }),
  'node.spent': (event, node) => ({ spent: more(node.spent, event) }),
  'node.progressed': ({ done, total }) => ({ progress: { done, total } }),
  'node.logged': ({ level, message }, node, { at }) => ({
    logs: [...node.logs, { at, level, message }].slice(-LOGS_KEPT),
    log_count: node.log_count + 1
  }),
  'node.decided': ({ choice }) => ({ choice }),
  'child.spawned': ({ child }) => ({ child }),
  'node.completed': ({ duration_s, outputs }, _node, { at }) => ({
    status: 'completed',
    ended_at: at,
    duration_s,
    outputs,
    error: null
  }),
  'node.reused': ({ source, block, outputs, cause = null }) => ({
    status: 'reused',
    block,
    reused_from: source,
    reused_because: cause,
    outputs
  }),
  'node.retried': (event, node, { attempt }) => ({
    status: 'retrying',
    attempt: attempt || node.attempt + 1,
    retries: node.retries + 1,
    retry_cause: event.cause,
    error: event.error ?? node.error
  }),
  'node.failed': ({ duration_s, error }, _node, { at }) => ({
    status: 'failed',
    ended_at: at,
    duration_s,
    error
  }),
  'node.skipped': ({ cause, why, winner }, { question }, { at }) => ({
    status: 'skipped',
    skipped_by: cause,
    skipped_because: why ?? null,
    lost_to: winner ?? null,
    delayed_until: null,
    delayed_by: null,
    ...(question && question.answer === null ? { question: closed(question, at) } : {})
  }),
  'circuit.turned': ({ key, state, failures, until }, _node, { at }) => ({
    circuit: { key, state, at, failures: failures ?? null, until: until ?? null }
  }),
  'wait.begun': ({ kind, due, signal, match }, _node, { at }) => ({
    status: 'waiting',
    wait: { kind, since: at, due: due ?? null, signal: signal ?? null, match: match ?? {}, number: null, run: null }
  }),
  'signal.received': ({ number, run }, node) => (node.wait ? { wait: { ...node.wait, number, run: run ?? null } } : {}),
  'signal.emitted': ({ signal }) => ({ emitted: signal }),
  'human.requested': (event, _node, { at }) => ({ status: 'waiting', question: requested(event, at) }),
  'human.answered': (event, node, { at }) =>
    node.question?.id === event.question ? { status: 'pending', question: answered(node.question, event, at) } : {},
  'human.expired': (event, node, { at }) =>
    node.question?.id === event.question ? { status: 'pending', question: expired(node.question, event, at) } : {},
  'debug.breakpoint_set': ({ when, by }) => ({ breakpoint: { by, when: when ?? null } }),
  'debug.breakpoint_cleared': () => ({ breakpoint: null, is_held: false, held_because: null }),
  'debug.breakpoint_hit': ({ trouble }) => ({ is_held: true, held_because: trouble ?? null }),
  'debug.value_changed': ({ side, port, value, by }, node) => ({
    changed: { ...node.changed, [port]: by },
    ...(side === 'output' && { outputs: { ...node.outputs, [port]: value } })
  })
} satisfies NodeFold;

/** Nobody works on the run, and nobody holds it. */
const NOBODY = { reason: null, worker: null, paused_by: null, pausing_by: null, needs: [] } as const;

/** What an event means for the run. */
const RUN = {
  'run.created': (event, _view, envelope) => ({
    run: envelope.run,
    owner: envelope.owner,
    caller: envelope.caller,
    flow: event.flow,
    flow_hash: event.flow_hash,
    steps: event.steps,
    parent: event.parent ?? null,
    replays: event.replays ?? null,
    status: 'queued',
    created_at: envelope.at
  }),
  'plan.compiled': ({ plan_hash, paths }, view) => {
    for (const [id, path] of Object.entries(paths)) put(view, id, { path });
    return { plan_hash };
  },
  'run.queued': ({ leg }) => ({ status: 'queued', leg, ...NOBODY }),
  'run.stranded': ({ needs }) => ({ needs, worker: null }),
  'run.started': ({ worker }, view, { at }) => ({ ...running(worker), started_at: view.started_at ?? at }),
  'run.resumed': ({ worker, leg }) => ({ ...running(worker), leg }),
  'run.recovered': ({ worker, lost_worker, recorded, repeated }, view, { at }) => ({
    ...running(worker),
    recoveries: [...view.recoveries, { at, quiet_since: view.at, worker, lost_worker, recorded, repeated }]
  }),
  'run.forked': ({ source }) => ({ forked_from: source }),
  'run.replayed': (event) => ({ replayed: event }),
  'run.paused': ({ reason, by = null }, view) => {
    if (by !== null) setDown(view);
    return { status: by === null ? 'waiting' : 'paused', reason, worker: null, paused_by: by, pausing_by: null };
  },
  'run.wished': ({ wish, by }) => ({ pausing_by: wish === 'pause' ? by : null }),
  'debug.breakpoint_set': ({ when, by, inside }, view) =>
    inside == null ? {} : { breakpoints: { ...view.breakpoints, [inside]: { by, when: when ?? null } } },
  'debug.breakpoint_cleared': ({ inside }, view) => ({
    breakpoints: Object.fromEntries(Object.entries(view.breakpoints).filter(([name]) => name !== inside))
  }),
  'debug.stepped': (_event, view) => used(view, { stepped: 1 }),
  'run.completed': ({ outputs }, view, { at }) => ({ ...ended(view, 'completed', at), outputs }),
  'run.failed': ({ error }, view, { at }) => ({ ...ended(view, 'failed', at), error }),
  'run.cancelled': ({ by, reason }, view, { at }) => ({
    ...ended(view, 'cancelled', at),
    cancelled_by: by,
    reason: reason || null
  }),
  'node.started': ({ block }, view) => (RUN_OTHERS.has(block) ? {} : used(view, { attempts: 1 })),
  'node.completed': ({ duration_s, outputs }, view, { node }) =>
    hasNoBody(view, node)
      ? {}
      : used(view, {
          busy_s: duration_s,
          output_bytes: Object.values(outputs).reduce((sum, value) => sum + value.size, 0)
        }),
  'node.failed': ({ duration_s }, view, { node }) => (hasNoBody(view, node) ? {} : used(view, { busy_s: duration_s })),
  'node.retried': (_event, view) => used(view, { retries: 1 }),
  'node.spent': (event, view) => ({ spent: more(view.spent, event) }),
  'node.timed_out': (_event, view) => used(view, { timeouts: 1 }),
  'memory.written': (_event, view) => used(view, { memory_writes: 1 })
} satisfies RunFold;

/** Events of the contract that stand in neither table; the compiler complains when there are any. */
const _FORGOTTEN: Record<Exclude<EventType, keyof typeof NODE | keyof typeof RUN>, true> = {};

const ON_NODE: NodeFold = NODE;
const ON_RUN: RunFold = RUN;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(NODE), ...Object.keys(RUN)]);

/** What was spent, and one thing more: tokens, and millionths of money by currency. */
function more(
  spent: { readonly [key: string]: number },
  { tokens = 0, micros = 0, currency = '' }: Of<'node.spent'>
): { readonly [key: string]: number } {
  const sums: { [key: string]: number } = { ...spent };
  if (tokens) sums.tokens = (sums.tokens ?? 0) + tokens;
  if (micros && currency) sums[currency] = (sums[currency] ?? 0) + micros;
  return sums;
}

function running(worker: string): Partial<RunView> {
  return { status: 'running', worker, reason: null, needs: [] };
}

/** In a paused run nothing runs: what seemed to was lost with its worker. */
function setDown(view: Draft): void {
  for (const [id, node] of Object.entries(view.nodes)) {
    if (node.status === 'running' && Object.keys(node.inside).length === 0) put(view, id, { status: 'pending' });
  }
}

/** A run that ended leaves nothing open: what was under way was stopped with it. */
function ended(view: Draft, outcome: RunStatus, at: string): Partial<RunView> {
  const isOpen = ({ status }: NodeView): boolean =>
    status === 'running' || status === 'retrying' || status === 'waiting';
  for (const [id, node] of Object.entries(view.inner)) {
    const owner = ownerOf(view, id);
    if (owner !== null && isOpen(node)) setInner(view, owner, id, { status: 'cancelled', ended_at: at });
  }
  for (const [id, node] of Object.entries(view.nodes)) {
    if (isOpen(node)) {
      put(view, id, { status: 'cancelled', ended_at: at });
    }
  }
  return { status: outcome, ended_at: at, ...NOBODY };
}

/** Blocks without bodies: what is used is used by the nodes of the flows that they run. */
const RUN_OTHERS: ReadonlySet<string> = new Set(
  ['attempt', 'call', 'each', 'race', 'reduce', 'repeat', 'switch', 'when'].map(kind => `control.${kind}`)
);

function hasNoBody(view: Draft, id: string | null): boolean {
  const node = id === null ? undefined : (find(view, id) ?? view.inner[id]);
  return node !== undefined && node.block !== null && RUN_OTHERS.has(node.block);
}

function used(view: Draft, amounts: Partial<Totals>): Partial<RunView> {
  const totals: { -readonly [K in keyof Totals]: number } = { ...view.totals };
  for (const name of Object.keys(amounts) as (keyof Totals)[]) totals[name] += amounts[name] ?? 0;
  return { totals };
}
