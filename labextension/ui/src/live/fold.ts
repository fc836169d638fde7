/* Stands in until the shared fold lands. */
export interface ErrorInfo { code: string; message: string; remedy?: string }
export interface Envelope { seq: number; run: string; at: string; node?: string | null; path?: string | null; attempt?: number | null; event: { type: string; [key: string]: any } }
export interface NodeView { status: string; path: string | null; attempt: number; started_at: string | null; ended_at: string | null; duration_s: number | null; error: ErrorInfo | null; outputs: Record<string, any>; cause: string | null; progress: { done: number; total: number | null } | null }
export interface RunView { seq: number; status: string; flow: string; created_at: string | null; started_at: string | null; ended_at: string | null; error: ErrorInfo | null; nodes: Record<string, NodeView>; recoveries: any[] }
export const INITIAL: RunView = { seq: 0, status: 'queued', flow: '', created_at: null, started_at: null, ended_at: null, error: null, nodes: {}, recoveries: [] };
const NODE: NodeView = { status: 'pending', path: null, attempt: 1, started_at: null, ended_at: null, duration_s: null, error: null, outputs: {}, cause: null, progress: null };
export function reduce(view: RunView, e: Envelope): RunView {
  if (e.seq <= view.seq) return view;
  const ev = e.event; const next: RunView = { ...view, seq: e.seq };
  const node = (change: Partial<NodeView>): RunView => ({ ...next, nodes: { ...next.nodes, [e.node!]: { ...(next.nodes[e.node!] ?? NODE), path: e.path ?? null, attempt: e.attempt ?? 1, ...change } } });
  switch (ev.type) {
    case 'run.created': return { ...next, flow: ev.flow, created_at: e.at };
    case 'plan.compiled': return { ...next, nodes: Object.fromEntries(Object.entries(ev.paths as Record<string, string>).map(([id, path]) => [id, { ...NODE, path }])) };
    case 'run.queued': return { ...next, status: 'queued' };
    case 'run.started': case 'run.resumed': return { ...next, status: 'running', started_at: next.started_at ?? e.at };
    case 'run.recovered': return { ...next, status: 'running', recoveries: [...next.recoveries, { at: e.at, worker: ev.worker, recorded: ev.recorded, repeated: ev.repeated }] };
    case 'run.paused': return { ...next, status: 'waiting' };
    case 'run.completed': return { ...next, status: 'completed', ended_at: e.at };
    case 'run.failed': return { ...next, status: 'failed', ended_at: e.at, error: ev.error };
    case 'run.cancelled': return { ...next, status: 'cancelled', ended_at: e.at };
    case 'node.started': return node({ status: 'running', started_at: e.at });
    case 'node.progressed': return node({ progress: { done: ev.done, total: ev.total } });
    case 'node.completed': return node({ status: 'completed', ended_at: e.at, duration_s: ev.duration_s, outputs: ev.outputs });
    case 'node.retried': return node({ status: 'retrying' });
    case 'node.failed': return node({ status: 'failed', ended_at: e.at, duration_s: ev.duration_s, error: ev.error });
    case 'node.skipped': return node({ status: 'skipped', cause: ev.cause });
    case 'human.requested': return node({ status: 'waiting' });
    default: return next;
  }
}
