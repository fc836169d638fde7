import type { Json } from '../contracts/events';
import { fetchJson, type Host } from './host';

/** What may be done to a run under way; each may come twice. */
export type Command = 'pause' | 'resume' | 'step' | 'cancel';

export async function command(host: Host, runId: string, what: Command): Promise<void> {
  await fetchJson(host, `${pathOf(runId)}/${what}`, { method: 'POST' });
}

/** Let a run pause before a node; `when` is a condition over its inputs, null for always. */
export async function breakAt(host: Host, runId: string, node: string, when: string | null): Promise<void> {
  await put(host, `${pathOf(runId)}/breakpoints/${encodeURIComponent(node)}`, { when });
}

export async function clearBreak(host: Host, runId: string, node: string): Promise<void> {
  await fetchJson(host, `${pathOf(runId)}/breakpoints/${encodeURIComponent(node)}`, { method: 'DELETE' });
}

/** Of a node that has run its outputs, of one to come its literals; what was recorded stays. */
export async function changeValues(
  host: Host,
  runId: string,
  node: string,
  values: { readonly [port: string]: Json }
): Promise<void> {
  await put(host, `${pathOf(runId)}/values/${encodeURIComponent(node)}`, { values });
}

async function put(host: Host, path: string, body: unknown): Promise<void> {
  await fetchJson(host, path, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  });
}

function pathOf(runId: string): string {
  return `persistentai/api/v1/runs/${encodeURIComponent(runId)}`;
}
