// What the panel says of schedules and webhooks. Pure, so that it can be tested.

import type { Json } from '../contracts/events';
import type { JsonSchema } from '../contracts/graph';
import { choicesOf, plain } from '../flow/editing';
import type { Delivery, Schedule, TriggeredRun, Webhook } from '../api/triggers';

const FAILED: ReadonlySet<string> = new Set(['failed', 'timed_out']);

export const MISSED: Record<string, string> = {
  once: 'Run once when it is back',
  skip: 'Leave them out',
  all: 'Run each of them'
};

export const SIGNATURES: Record<Webhook['signature'], string> = {
  none: 'Nobody signs: the address is the secret',
  standard: 'Standard Webhooks',
  github: 'As GitHub signs'
};

/** When, on the viewer's own clock: `Mon, 1 Dec, 07:30`; the year where it is another one. */
export function whenOf(at: string, now: number, locale?: string): string {
  const moment = new Date(at);
  const isThisYear = moment.getFullYear() === new Date(now).getFullYear();
  return moment.toLocaleString(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: isThisYear ? undefined : 'numeric',
    hour: '2-digit',
    minute: '2-digit'
  });
}

export function viewersZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** In words, with the place of the clock where that is not the viewer's. */
export function toldWhen(schedule: Pick<Schedule, 'words' | 'zone'>, zone = viewersZone()): string {
  if (schedule.words === null) return 'Once';
  return schedule.zone === zone ? schedule.words : `${schedule.words} · ${schedule.zone}`;
}

/** The state that a row shows: what is wrong first, then how the last run is. */
export function stateOf(trigger: Schedule | Webhook): string {
  if ('error' in trigger && trigger.error) return 'failed';
  if (!trigger.is_on) return 'paused';
  if ('last_delivery' in trigger && (trigger.last_delivery?.status ?? 0) >= 400) return 'failed';
  return trigger.recent[0]?.status ?? 'idle';
}

/** `3 of the last 10 failed`; nothing when none did. */
export function failuresIn(recent: readonly TriggeredRun[]): string {
  const failed = recent.filter(run => FAILED.has(run.status)).length;
  if (failed === 0) return '';
  if (failed === recent.length) return failed === 1 ? 'the last run failed' : `the last ${failed} runs failed`;
  return `${failed} of the last ${recent.length} failed`;
}

export function byUrgency<T extends Schedule | Webhook>(triggers: readonly T[]): T[] {
  const rank = (it: T): number => (stateOf(it) === 'failed' ? 0 : it.is_on ? 1 : 2);
  const next = (it: T): string => ('next_at' in it ? (it.next_at ?? '~') : '~');
  return [...triggers].sort((a, b) => rank(a) - rank(b) || next(a).localeCompare(next(b)) || a.name.localeCompare(b.name));
}

export function outcomeOf(delivery: Delivery): string {
  if (delivery.error) return delivery.error.message;
  return delivery.status === 200 ? 'Came before: the same run' : 'Started a run';
}

/** Where to send to: on the address of the gateway, which may be a socket on this machine. */
export function hookUrl(address: string, path: string): string {
  return isReachable(address) ? `${address.replace(/\/+$/, '')}${path}` : `http://localhost${path}`;
}

export function isReachable(address: string): boolean {
  return /^https?:/.test(address);
}

/** A delivery, to be tried in a terminal. */
export function curlOf(address: string, path: string, hook: Pick<Webhook, 'body_input' | 'signature' | 'takes' | 'inputs'>, secret: string | null): string {
  const body = JSON.stringify(sampleFor(hook)).replaceAll("'", "'\\''");
  const socket = isReachable(address) ? [] : [`--unix-socket ${address}`];
  const signed = { none: [], github: signedAsGitHub(), standard: signedAsStandard() }[hook.signature];
  const set = hook.signature === 'none' ? [] : [`BODY='${body}'`, `SECRET='${secret ?? 'whsec_…'}'`, ...(SETS[hook.signature] ?? [])];
  const sent = hook.signature === 'none' ? `-d '${body}'` : '-d "$BODY"';
  const parts = [`curl '${hookUrl(address, path)}'`, ...socket, "-H 'Content-Type: application/json'", ...signed, sent];
  return [...set, parts.join(' \\\n  ')].join('\n');
}

/** Something that the flow takes, as far as types tell. */
export function sampleFor(hook: Pick<Webhook, 'body_input' | 'takes' | 'inputs'>): Json {
  const fields = Object.entries(hook.takes).filter(([name]) => !Object.hasOwn(hook.inputs, name));
  const samples = Object.fromEntries(fields.map(([name, port]) => [name, port.default ?? sampleOf(port.type ?? {})]));
  return hook.body_input === null ? samples : (samples[hook.body_input] ?? {});
}

function sampleOf(schema: JsonSchema): Json {
  const type = plain(schema);
  const [choice] = choicesOf(type);
  if (choice !== undefined) return choice;
  switch (type['type']) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    default:
      return { hello: 'world' };
  }
}

const SETS: Record<string, string[]> = {
  standard: [
    'ID=$(date +%s%N) AT=$(date +%s)',
    "KEY=$(printf %s \"${SECRET#whsec_}\" | base64 -d | od -An -tx1 | tr -d ' \\n')",
    'SIGN=$(printf %s "$ID.$AT.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)'
  ],
  github: ['SIGN=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d" " -f1)']
};

function signedAsGitHub(): string[] {
  return ['-H "X-Hub-Signature-256: sha256=$SIGN"'];
}

function signedAsStandard(): string[] {
  return ['-H "webhook-id: $ID" -H "webhook-timestamp: $AT"', '-H "webhook-signature: v1,$SIGN"'];
}
