import type { Json } from '../contracts/events';
import type { JsonSchema } from '../contracts/graph';
import { asProblem, fetchJson, type Host } from './host';

export type Kind = 'schedules' | 'webhooks';

export interface TriggeredRun {
  readonly run_id: string;
  readonly status: string;
  readonly created_at: string;
}

interface Trigger {
  readonly name: string;
  readonly flow: string;
  readonly inputs: { readonly [name: string]: Json };
  readonly is_on: boolean;
  readonly owner: string;
  readonly created_at: string;
  readonly last_at: string | null;
  readonly last_run: string | null;
  /** The last runs that it has started, newest first. */
  readonly recent: readonly TriggeredRun[];
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface Schedule extends Trigger {
  readonly cron: string | null;
  /** What the expression says; null when it is for once. */
  readonly words: string | null;
  readonly zone: string;
  readonly missed: string;
  readonly next_at: string | null;
  readonly fired: number;
  readonly skipped: number;
  /** Why its last firing started no run. */
  readonly error: Failure | null;
}

export interface Delivery {
  readonly at: string;
  /** What its sender calls it. */
  readonly named: string | null;
  /** Of HTTP: 202 a run was started, 200 it came before; else it was refused. */
  readonly status: number;
  readonly run: string | null;
  readonly error: Failure | null;
}

export interface Webhook extends Trigger {
  readonly signature: 'none' | 'standard' | 'github';
  /** The input that gets what is sent; null: its fields go to the inputs of their names. */
  readonly body_input: string | null;
  /** Inputs that what is sent goes to, with their types. */
  readonly takes: { readonly [input: string]: { readonly type?: JsonSchema; readonly default?: Json } };
  readonly received: number;
  readonly last_delivery: Delivery | null;
}

/** What is told once, and never again. */
export interface Secrets {
  readonly path: string | null;
  readonly secret: string | null;
}

/** A flow as it ran, to be picked. */
export interface Version {
  readonly flow: string;
  readonly flow_hash: string;
  readonly run_id: string;
  readonly created_at: string;
  readonly runs: number;
}

export interface When {
  readonly cron?: string;
  readonly at?: string;
  readonly zone: string;
  readonly missed?: string;
}

export interface Times {
  readonly words: string | null;
  readonly times: readonly string[];
}

export interface Target {
  /** The run whose pinned version is started. */
  readonly like: string;
  readonly inputs: { readonly [name: string]: Json };
}

export interface Triggers {
  readonly schedules: readonly Schedule[];
  readonly webhooks: readonly Webhook[];
}

const API = 'persistentai/api/v1';

export async function listTriggers(host: Host): Promise<Triggers> {
  const [{ schedules }, { webhooks }] = await Promise.all([
    fetchJson<{ schedules: Schedule[] }>(host, `${API}/schedules`),
    fetchJson<{ webhooks: Webhook[] }>(host, `${API}/webhooks`)
  ]);
  return { schedules, webhooks };
}

export async function listVersions(host: Host): Promise<Version[]> {
  return (await fetchJson<{ versions: Version[] }>(host, `${API}/versions`)).versions;
}

export async function deliveriesOf(host: Host, name: string): Promise<Delivery[]> {
  return (await fetchJson<{ deliveries: Delivery[] }>(host, `${pathOf('webhooks', name)}/deliveries`)).deliveries;
}

/** When a schedule would start runs; refused with what is wrong about it. */
export function timesOf(host: Host, when: When): Promise<Times> {
  return send(host, 'POST', `${API}/schedules/times`, when);
}

export function putSchedule(host: Host, name: string, target: Target, when: When): Promise<Schedule> {
  return send(host, 'PUT', pathOf('schedules', name), { ...target, ...when });
}

export function putWebhook(
  host: Host,
  name: string,
  target: Target,
  how: { readonly body: string; readonly signature: string }
): Promise<Secrets> {
  return send(host, 'PUT', pathOf('webhooks', name), { ...target, ...how });
}

export async function switchTrigger(host: Host, kind: Kind, name: string, on: boolean): Promise<void> {
  await send(host, 'PATCH', pathOf(kind, name), { on });
}

/** What somebody else has deleted meanwhile is deleted. */
export async function dropTrigger(host: Host, kind: Kind, name: string): Promise<void> {
  await fetchJson(host, pathOf(kind, name), { method: 'DELETE' }).catch(error => {
    if (asProblem(error).status !== 404) throw error;
  });
}

/** The old one is dead at once. */
export function rotate(host: Host, name: string, what: 'address' | 'secret'): Promise<Secrets> {
  return send(host, 'POST', `${pathOf('webhooks', name)}/rotate`, { [what]: true });
}

/** Start what a schedule starts, without waiting for its time. */
export async function runNow(host: Host, name: string): Promise<string> {
  const path = `${pathOf('schedules', name)}/run`;
  return (await fetchJson<{ run_id: string }>(host, path, { method: 'POST' })).run_id;
}

function send<T>(host: Host, method: string, path: string, body: unknown): Promise<T> {
  return fetchJson<T>(host, path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  });
}

function pathOf(kind: Kind, name: string): string {
  return `${API}/${kind}/${encodeURIComponent(name)}`;
}
