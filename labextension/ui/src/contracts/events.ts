// Written by `python -m persistentai_lab.events.contracts`: change the Python types instead.

/** The run is to pause before a node. */
export interface Breakpoint {
  readonly by: string;
  readonly when: string | null;
}

/** The run is no longer to pause before this node. */
export interface BreakpointCleared {
  readonly type: "debug.breakpoint_cleared";
  readonly by: string;
  readonly inside: string | null;
}

/** The run pauses before this node. */
export interface BreakpointHit {
  readonly type: "debug.breakpoint_hit";
  readonly when: string | null;
  readonly by: string;
  readonly trouble: string | null;
}

/** The run is to pause before this node. */
export interface BreakpointSet {
  readonly type: "debug.breakpoint_set";
  readonly when: string | null;
  readonly by: string;
  readonly inside: string | null;
}

/** A node started another flow as a run of its own. */
export interface ChildSpawned {
  readonly type: "child.spawned";
  readonly child: string;
  readonly flow: string;
}

/** The circuit breaker of a node, as it turned last by this node's doing. */
export interface Circuit {
  readonly key: string;
  readonly state: string;
  readonly at: string;
  readonly failures: number | null;
  readonly until: string | null;
}

/** The circuit breaker that a node shares has opened, lets one try, or has closed again. */
export interface CircuitTurned {
  readonly type: "circuit.turned";
  readonly key: string;
  readonly state: "open" | "half_open" | "closed";
  readonly failures: number | null;
  readonly until: string | null;
}

/** A step whose recomputation gave something else than is recorded. */
export interface Difference {
  readonly node: string;
  readonly path: string;
  readonly port: string | null;
  readonly what: string;
  readonly inputs: { readonly [key: string]: ValueInfo };
  readonly recorded: ValueInfo | null;
  readonly recorded_error: ErrorInfo | null;
  readonly recomputed: ValueInfo | null;
  readonly recomputed_error: ErrorInfo | null;
}

/** An event with its place: which run, which position, when, on whose behalf, at which node. */
export interface Envelope {
  readonly workspace: string;
  readonly run: string;
  readonly seq: number;
  readonly at: string;
  readonly owner: string;
  readonly caller: string;
  readonly path: string | null;
  readonly node: string | null;
  readonly attempt: number | null;
  readonly event: RunEvent;
}

/** Why something failed. Survives recovery, crosses every border. */
export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly traceback: string | null;
}

/** A person decided. */
export interface HumanAnswered {
  readonly type: "human.answered";
  readonly question: string;
  readonly answer: string;
  readonly by: string;
  readonly value: ValueInfo | null;
  readonly reason: string;
  readonly edited: { readonly [key: string]: ValueInfo };
  readonly via: string;
}

/** Nobody answered in time. */
export interface HumanExpired {
  readonly type: "human.expired";
  readonly question: string;
  readonly outcome: string;
}

/** The run needs a person's decision. */
export interface HumanRequested {
  readonly type: "human.requested";
  readonly question: string;
  readonly text: string;
  readonly choices: ReadonlyArray<string>;
  readonly kind: string;
  readonly asked: ReadonlyArray<string>;
  readonly answer_type: { readonly [key: string]: Json } | null;
  readonly block: string | null;
  readonly inputs: { readonly [key: string]: ValueInfo };
  readonly inputs_hash: string | null;
  readonly due: string | null;
  readonly at_expiry: string | null;
}

export type Json = boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json } | null;

/** One thing that a node said. */
export interface LogLine {
  readonly at: string;
  readonly level: string;
  readonly message: string;
}

/** A step wrote a record of the workspace, in the same commit as itself. */
export interface MemoryWritten {
  readonly type: "memory.written";
  readonly layer: string;
  readonly key: string;
  readonly version: Json;
}

/** Why a step could not be recomputed here. */
export interface Need {
  readonly node: string;
  readonly error: ErrorInfo;
}

/** A node's step was recorded. */
export interface NodeCompleted {
  readonly type: "node.completed";
  readonly duration_s: number;
  readonly outputs: { readonly [key: string]: ValueInfo };
}

/** A control node went one of several ways: a branch, a winner, the round that was the last. */
export interface NodeDecided {
  readonly type: "node.decided";
  readonly choice: string;
}

/** A node waits for its turn: its rate allows no more starts at the moment. */
export interface NodeDelayed {
  readonly type: "node.delayed";
  readonly cause: string;
  readonly key: string;
  readonly until: string;
}

/** A node failed for good. */
export interface NodeFailed {
  readonly type: "node.failed";
  readonly duration_s: number;
  readonly error: ErrorInfo;
}

/** A node said something. */
export interface NodeLogged {
  readonly type: "node.logged";
  readonly level: string;
  readonly message: string;
  readonly expired_at: string | null;
}

/** A node says how far it has come. */
export interface NodeProgressed {
  readonly type: "node.progressed";
  readonly done: number;
  readonly total: number | null;
}

/** A node's body runs once more. The envelope's attempt is the new one. */
export interface NodeRetried {
  readonly type: "node.retried";
  readonly cause: string;
  readonly wait_s: number;
  readonly error: ErrorInfo | null;
}

/** A node's record was taken over from another run; its body was not run. */
export interface NodeReused {
  readonly type: "node.reused";
  readonly source: string;
  readonly block: string;
  readonly outputs: { readonly [key: string]: ValueInfo };
  readonly cause: string | null;
}

/** A node never ran, or was stopped; `cause` names the node that kept it from running. */
export interface NodeSkipped {
  readonly type: "node.skipped";
  readonly cause: string;
  readonly why: string | null;
  readonly winner: string | null;
}

/** A body said that it has spent something. */
export interface NodeSpent {
  readonly type: "node.spent";
  readonly tokens: number;
  readonly micros: number;
  readonly currency: string;
}

/** A node began its work. */
export interface NodeStarted {
  readonly type: "node.started";
  readonly block: string;
  readonly worker: string;
}

/** A body ran longer than its policy allows. */
export interface NodeTimedOut {
  readonly type: "node.timed_out";
  readonly timeout_s: number;
}

/** One node of a run. Times are those of its last attempt. */
export interface NodeView {
  readonly path: string | null;
  readonly status: "pending" | "running" | "retrying" | "waiting" | "completed" | "reused" | "failed" | "skipped" | "cancelled";
  readonly block: string | null;
  readonly worker: string | null;
  readonly attempt: number;
  readonly retries: number;
  readonly retry_cause: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly duration_s: number | null;
  readonly outputs: { readonly [key: string]: ValueInfo };
  readonly error: ErrorInfo | null;
  readonly reused_from: string | null;
  readonly reused_because: string | null;
  readonly delayed_until: string | null;
  readonly delayed_by: string | null;
  readonly spent: { readonly [key: string]: number };
  readonly circuit: Circuit | null;
  readonly skipped_by: string | null;
  readonly skipped_because: string | null;
  readonly lost_to: string | null;
  readonly progress: Progress | null;
  readonly logs: ReadonlyArray<LogLine>;
  readonly log_count: number;
  readonly question: Question | null;
  readonly wait: Wait | null;
  readonly emitted: string | null;
  readonly breakpoint: Breakpoint | null;
  readonly is_held: boolean;
  readonly held_because: string | null;
  readonly changed: { readonly [key: string]: string };
  readonly choice: string | null;
  readonly child: string | null;
  readonly inside: { readonly [key in "pending" | "running" | "retrying" | "waiting" | "completed" | "reused" | "failed" | "skipped" | "cancelled"]: number };
}

/** The flow was compiled to its plan. */
export interface PlanCompiled {
  readonly type: "plan.compiled";
  readonly plan_hash: string;
  readonly paths: { readonly [key: string]: string };
}

/** How far a node says it has come; without a total nobody knows how far that is. */
export interface Progress {
  readonly done: number;
  readonly total: number | null;
}

/** What a node asked a person, and what came of it. */
export interface Question {
  readonly id: string;
  readonly text: string;
  readonly choices: ReadonlyArray<string>;
  readonly asked_at: string;
  readonly kind: string;
  readonly asked: ReadonlyArray<string>;
  readonly answer_type: { readonly [key: string]: Json } | null;
  readonly block: string | null;
  readonly inputs: { readonly [key: string]: ValueInfo };
  readonly inputs_hash: string | null;
  readonly due: string | null;
  readonly at_expiry: string | null;
  readonly answer: string | null;
  readonly answered_by: string | null;
  readonly answered_at: string | null;
  readonly value: ValueInfo | null;
  readonly reason: string;
  readonly edited: { readonly [key: string]: ValueInfo };
  readonly via: string;
  readonly expired_at: string | null;
  readonly closed_at: string | null;
}

/** A worker was lost and another took over. */
export interface Recovery {
  readonly at: string;
  readonly quiet_since: string | null;
  readonly worker: string;
  readonly lost_worker: string | null;
  readonly recorded: number;
  readonly repeated: number;
}

/** Somebody stopped the run. */
export interface RunCancelled {
  readonly type: "run.cancelled";
  readonly by: string;
  readonly reason: string;
}

/** The run reached its outputs. */
export interface RunCompleted {
  readonly type: "run.completed";
  readonly outputs: { readonly [key: string]: ValueInfo };
}

/** Somebody asked for a run of a pinned version of a flow. */
export interface RunCreated {
  readonly type: "run.created";
  readonly flow: string;
  readonly flow_hash: string;
  readonly steps: number;
  readonly replays: string | null;
  readonly trigger: Trigger | null;
  readonly parent: string | null;
}

/** A node failed and nothing in the flow handles it. */
export interface RunFailed {
  readonly type: "run.failed";
  readonly error: ErrorInfo;
}

/** The run began with recorded steps of another, as far as nothing they depend on changed. */
export interface RunForked {
  readonly type: "run.forked";
  readonly source: string;
  readonly at: string | null;
  readonly reused: number;
}

/** The run can go no further by itself; it waits as a row, holding nothing. */
export interface RunPaused {
  readonly type: "run.paused";
  readonly reason: string;
  readonly by: string | null;
}

/** A leg of the run waits for a worker. */
export interface RunQueued {
  readonly type: "run.queued";
  readonly leg: number;
  readonly by: string | null;
}

/** A worker took the run over after the one before it was lost. */
export interface RunRecovered {
  readonly type: "run.recovered";
  readonly worker: string;
  readonly lost_worker: string | null;
  readonly recorded: number;
  readonly repeated: number;
}

/** All pure steps of another run were computed again from its record, and compared with it. */
export interface RunReplayed {
  readonly type: "run.replayed";
  readonly source: string;
  readonly source_status: string;
  readonly verdict: "identical" | "different" | "incomplete";
  readonly recomputed: number;
  readonly taken: number;
  readonly unrecorded: number;
  readonly difference: Difference | null;
  readonly different: number;
  readonly needs: ReadonlyArray<Need>;
}

/** A worker began a further leg, after the run had waited. */
export interface RunResumed {
  readonly type: "run.resumed";
  readonly worker: string;
  readonly leg: number;
}

/** A worker began the run. */
export interface RunStarted {
  readonly type: "run.started";
  readonly worker: string;
}

/** No living worker has the block versions that the run is pinned to. It waits for one. */
export interface RunStranded {
  readonly type: "run.stranded";
  readonly needs: ReadonlyArray<string>;
}

/** A run as of event `seq`. `RunView()` is a run of which nothing is known yet. */
export interface RunView {
  readonly seq: number;
  readonly at: string | null;
  readonly run: string | null;
  readonly owner: string | null;
  readonly caller: string | null;
  readonly flow: string | null;
  readonly flow_hash: string | null;
  readonly plan_hash: string | null;
  readonly steps: number;
  readonly status: "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled" | "timed_out";
  readonly reason: string | null;
  readonly paused_by: string | null;
  readonly pausing_by: string | null;
  readonly cancelled_by: string | null;
  readonly parent: string | null;
  readonly forked_from: string | null;
  readonly replays: string | null;
  readonly replayed: RunReplayed | null;
  readonly leg: number;
  readonly needs: ReadonlyArray<string>;
  readonly worker: string | null;
  readonly created_at: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly outputs: { readonly [key: string]: ValueInfo };
  readonly error: ErrorInfo | null;
  readonly nodes: { readonly [key: string]: NodeView };
  readonly inner: { readonly [key: string]: NodeView };
  readonly breakpoints: { readonly [key: string]: Breakpoint };
  readonly counts: { readonly [key in "pending" | "running" | "retrying" | "waiting" | "completed" | "reused" | "failed" | "skipped" | "cancelled"]: number };
  readonly recoveries: ReadonlyArray<Recovery>;
  readonly totals: Totals;
  readonly spent: { readonly [key: string]: number };
  readonly unread: { readonly [key: string]: number };
}

/** Somebody wants a run that is under way to pause, or no longer does. */
export interface RunWished {
  readonly type: "run.wished";
  readonly wish: "pause" | "go_on";
  readonly by: string;
}

/** A step told whoever waits. */
export interface SignalEmitted {
  readonly type: "signal.emitted";
  readonly signal: string;
  readonly value: ValueInfo;
}

/** A step was given the signal that it waited for. */
export interface SignalReceived {
  readonly type: "signal.received";
  readonly signal: string;
  readonly number: number;
  readonly run: string | null;
}

/** This one node was run, as somebody asked, and nothing else. */
export interface Stepped {
  readonly type: "debug.stepped";
  readonly by: string;
}

/** What the run has used so far. */
export interface Totals {
  readonly attempts: number;
  readonly retries: number;
  readonly timeouts: number;
  readonly busy_s: number;
  readonly output_bytes: number;
  readonly memory_writes: number;
  readonly stepped: number;
}

/** What started a run, when no person did. */
export interface Trigger {
  readonly kind: "schedule" | "webhook";
  readonly name: string;
  readonly at: string | null;
  readonly delivery: string | null;
}

/** Somebody put another value in the place of a recorded or a literal one. */
export interface ValueChanged {
  readonly type: "debug.value_changed";
  readonly side: "input" | "output";
  readonly port: string;
  readonly value: ValueInfo;
  readonly by: string;
}

/** A value, by reference: what it is, how big, and a preview when it is small. */
export interface ValueInfo {
  readonly media_type: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly preview: Json;
  readonly about: string | null;
  readonly head: Json;
  readonly expired_at: string | null;
}

/** What a step waits for, that is no person. */
export interface Wait {
  readonly kind: string;
  readonly since: string;
  readonly due: string | null;
  readonly signal: string | null;
  readonly match: { readonly [key: string]: Json };
  readonly number: number | null;
  readonly run: string | null;
}

/** A step waits for a time or a signal; its run may lie still meanwhile. */
export interface WaitBegun {
  readonly type: "wait.begun";
  readonly kind: "timer" | "signal";
  readonly due: string | null;
  readonly signal: string | null;
  readonly match: { readonly [key: string]: Json };
}

/** Everything that can happen in a run, as far as this release goes. */
export type RunEvent =
  | BreakpointCleared
  | BreakpointHit
  | BreakpointSet
  | ChildSpawned
  | CircuitTurned
  | HumanAnswered
  | HumanExpired
  | HumanRequested
  | MemoryWritten
  | NodeCompleted
  | NodeDecided
  | NodeDelayed
  | NodeFailed
  | NodeLogged
  | NodeProgressed
  | NodeRetried
  | NodeReused
  | NodeSkipped
  | NodeSpent
  | NodeStarted
  | NodeTimedOut
  | PlanCompiled
  | RunCancelled
  | RunCompleted
  | RunCreated
  | RunFailed
  | RunForked
  | RunPaused
  | RunQueued
  | RunRecovered
  | RunReplayed
  | RunResumed
  | RunStarted
  | RunStranded
  | RunWished
  | SignalEmitted
  | SignalReceived
  | Stepped
  | ValueChanged
  | WaitBegun;

export type RunStatus = RunView['status'];
export type NodeStatus = NodeView['status'];

/** How many of a node's last log lines a view holds. */
export const LOGS_KEPT = 50;

/** How many nodes of flows inside a view holds that have ended. */
export const INNER_KEPT = 100;

/** A run of which nothing is known yet. */
export const NOTHING_KNOWN: RunView = {
  "seq": 0,
  "at": null,
  "run": null,
  "owner": null,
  "caller": null,
  "flow": null,
  "flow_hash": null,
  "plan_hash": null,
  "steps": 0,
  "status": "queued",
  "reason": null,
  "paused_by": null,
  "pausing_by": null,
  "cancelled_by": null,
  "parent": null,
  "forked_from": null,
  "replays": null,
  "replayed": null,
  "leg": 0,
  "needs": [],
  "worker": null,
  "created_at": null,
  "started_at": null,
  "ended_at": null,
  "outputs": {},
  "error": null,
  "nodes": {},
  "inner": {},
  "breakpoints": {},
  "counts": {
    "pending": 0,
    "running": 0,
    "retrying": 0,
    "waiting": 0,
    "completed": 0,
    "reused": 0,
    "failed": 0,
    "skipped": 0,
    "cancelled": 0
  },
  "recoveries": [],
  "totals": {
    "attempts": 0,
    "retries": 0,
    "timeouts": 0,
    "busy_s": 0.0,
    "output_bytes": 0,
    "memory_writes": 0,
    "stepped": 0
  },
  "spent": {},
  "unread": {}
};
