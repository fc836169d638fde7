import type { Json } from '../contracts/events';
import { fetchAnswer, fetchJson, type Host } from './host';

export type Layer = 'feed' | 'files' | 'records' | 'history' | 'knowledge';
export const LAYERS: readonly Layer[] = ['feed', 'files', 'records', 'history', 'knowledge'];

/** A thing in memory: its layer, and its name there. */
export interface Ref {
  readonly layer: Layer;
  readonly id: string;
  /** What it was then; else as it is now, or at the moment that is looked at. */
  readonly version?: string | null;
}

export interface LayerHead {
  readonly layer: Layer;
  readonly count: number;
  /** Another one whenever anything in the layer has changed. */
  readonly mark: string;
  readonly updated_at: string | null;
}

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly kind: 'folder' | 'group' | 'entry';
  readonly icon: string;
  readonly about: string;
  readonly count: number | null;
  readonly size: number | null;
  readonly at: string | null;
}

export interface Page {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface Link {
  readonly says: string;
  readonly label: string;
  readonly layer: Layer | null;
  readonly id: string | null;
  readonly version: string | null;
  readonly url: string | null;
}

/** A step that read or wrote it. */
export interface UsedBy {
  readonly id: string;
  readonly flow: string;
  readonly node: string;
  readonly mode: 'read' | 'write';
  readonly at: string | null;
  /** Whether it was the version that is shown, and not another. */
  readonly is_shown: boolean;
}

export interface Shown {
  readonly kind: 'text' | 'json' | 'table' | 'image' | 'notebook' | 'bytes' | 'none';
  readonly media_type: string;
  readonly size: number | null;
  readonly text: string | null;
  readonly value: Json;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Json[])[];
  readonly is_whole: boolean;
  readonly about: string;
  readonly raw: string | null;
}

export interface Entry {
  readonly layer: Layer;
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly at: string | null;
  readonly by: string | null;
  readonly facts: readonly (readonly [string, Json])[];
  readonly shown: Shown | null;
  readonly links: readonly Link[];
  readonly uses: readonly UsedBy[];
  readonly version: string | null;
  readonly has_versions: boolean;
  readonly can_restore: boolean;
}

export interface Version {
  readonly version: string;
  readonly at: string;
  readonly by: string;
  readonly what: string;
  readonly run: string | null;
  readonly sha256: string | null;
  readonly media_type: string | null;
  readonly size: number | null;
  readonly is_gone: boolean;
}

export interface Times {
  readonly since: string | null;
  readonly until: string;
  readonly stretches: { readonly [layer: string]: readonly (readonly [number, number, string])[] };
}

const API = 'persistentai/api/v1';
const BROWSE = `${API}/memory/browse`;

export async function layerHeads(host: Host, at: string | null): Promise<readonly LayerHead[]> {
  return (await fetchJson<{ layers: LayerHead[] }>(host, `${BROWSE}${query({ at })}`)).layers;
}

export function pageOf(host: Host, layer: Layer, under: string, at: string | null, after: string, limit: number): Promise<Page> {
  return fetchJson(host, `${BROWSE}/${layer}${query({ under, at, after, limit: String(limit) })}`);
}

export function entryOf(host: Host, { layer, id, version }: Ref, at: string | null): Promise<Entry> {
  return fetchJson(host, `${BROWSE}/${layer}/entry${query({ id, at: version ? null : at, version: version ?? null })}`);
}

export async function versionsOf(host: Host, { layer, id }: Ref): Promise<readonly Version[]> {
  return (await fetchJson<{ versions: Version[] }>(host, `${BROWSE}/${layer}/versions${query({ id })}`)).versions;
}

export async function searchAll(host: Host, text: string, at: string | null): Promise<{ readonly [layer: string]: readonly Item[] }> {
  return (await fetchJson<{ found: { [layer: string]: Item[] } }>(host, `${BROWSE}/search${query({ text, at, limit: '50' })}`)).found;
}

export function changeTimes(host: Host, since: string | null): Promise<Times> {
  return fetchJson(host, `${BROWSE}/times${query({ since })}`);
}

export async function bytesOf(host: Host, raw: string): Promise<Blob> {
  return (await fetchAnswer(host, `${API}/${raw}`)).blob();
}

/** Make a version the newest again; returns how to say so. */
export async function restoreVersion(host: Host, ref: Ref, to: Version, now: Version | null): Promise<void> {
  if (ref.layer === 'records') return restoreRecord(host, ref, to);
  const [branch, path] = split(ref.id);
  const was = now && !now.is_gone ? (now.sha256 ?? '') : '';
  const change = to.is_gone
    ? { do: 'delete', path, was }
    : { do: 'put', path, sha256: to.sha256, media_type: to.media_type, was };
  const body = { changes: [change], message: `Restored ${path} as of ${to.at.slice(0, 19).replace('T', ' ')} UTC` };
  await post(host, `${API}/memory/file-commits/${encodeURIComponent(branch)}`, body);
}

async function restoreRecord(host: Host, ref: Ref, to: Version): Promise<void> {
  await post(host, `${API}/memory/records/restore/${ref.id.slice('d/'.length).split('/').map(encodeURIComponent).join('/')}`, { rev: Number(to.version) });
}

function post(host: Host, path: string, body: unknown): Promise<unknown> {
  return fetchJson(host, path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

function split(id: string): [string, string] {
  const at = id.indexOf('/');
  return [id.slice(0, at), id.slice(at + 1)];
}

function query(said: { readonly [name: string]: string | null }): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(said)) if (value !== null && value !== '') params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : '';
}
