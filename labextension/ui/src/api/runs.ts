import type { Json, RunStatus } from '../contracts/events';
import type { Graph } from '../contracts/graph';
import { fetchAnswer, fetchJson, type Host } from './host';

export interface RunSummary {
  run_id: string;
  flow: string;
  status: RunStatus;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  steps_done: number;
  steps_total: number;
  questions?: number;
  /** Block versions that no living worker has. */
  needs?: string[] | null;
  error?: { code: string; message: string; remedy?: string } | null;
  /** The run that it computes again. */
  replays?: string | null;
  /** Since when its values are no longer kept. */
  expired_at?: string | null;
}

/** What the Jupyter extension itself knows, also when the gateway is away. */
export interface RuntimeStatus {
  state: 'up' | 'starting' | 'down' | 'failed';
  address: string;
  can_start: boolean;
  detail: string;
  remedy: string;
}

const API = 'persistentai/api/v1';

export async function listRuns(host: Host): Promise<RunSummary[]> {
  return (await fetchJson<{ runs: RunSummary[] }>(host, `${API}/runs?limit=100`)).runs;
}

export function eventsPath(runId: string, after: number): string {
  return `${API}/runs/${encodeURIComponent(runId)}/events?after=${after}`;
}

export function runtimeStatus(host: Host): Promise<RuntimeStatus> {
  return fetchJson(host, 'persistentai/status');
}

export function startRuntime(host: Host): Promise<RuntimeStatus> {
  return fetchJson(host, 'persistentai/start', { method: 'POST' });
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'timed_out']);

export function hasEnded(status: string): boolean {
  return ENDED.has(status);
}

export function graphOfRun(host: Host, runId: string): Promise<Graph> {
  return fetchJson(host, `${API}/runs/${encodeURIComponent(runId)}/graph`);
}

/** What a run was given; what is no JSON stands under `refs`. */
export interface RunInputs {
  readonly inputs: { readonly [name: string]: Json };
  readonly refs: { readonly [name: string]: { readonly media_type: string } };
}

export async function inputsOfRun(host: Host, runId: string): Promise<RunInputs> {
  const { inputs = {}, refs = {} } = await fetchJson<Partial<RunInputs>>(host, `${API}/runs/${encodeURIComponent(runId)}`);
  return { inputs, refs };
}

/** Run again from a node, with other values; what does not depend on them is not run again. */
export async function forkRun(host: Host, runId: string, changes: Fork): Promise<string> {
  const answer = await fetchJson<{ run_id: string }>(host, `${API}/runs/${encodeURIComponent(runId)}/fork`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(changes)
  });
  return answer.run_id;
}

export interface Fork {
  /** A node that runs in any case, with all that is downstream of it. */
  at: string | null;
  values: { readonly [node: string]: { readonly [port: string]: Json } };
  inputs: { readonly [name: string]: Json };
}

/** A value that is kept by the hash of its bytes. */
export async function blobOf(host: Host, sha256: string): Promise<Blob> {
  return (await fetchAnswer(host, `${API}/blobs/${encodeURIComponent(sha256)}`)).blob();
}
