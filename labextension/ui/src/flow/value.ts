// How a value can be shown. Whatever it is, there is something to say of it.

import type { Json, ValueInfo } from '../contracts/events';
import { bytes, count } from '../format';

export type Shown =
  | { kind: 'scalar'; text: string }
  | { kind: 'text'; text: string; isWhole: boolean }
  | { kind: 'table'; columns: readonly string[]; rows: readonly (readonly Json[])[]; isWhole: boolean }
  | { kind: 'image'; sha256: string }
  | { kind: 'pairs'; pairs: readonly (readonly [string, Json])[]; isWhole: boolean }
  | { kind: 'json'; value: Json; isWhole: boolean }
  | { kind: 'opaque' };

/** Longer texts than this get a place of their own. */
const SHORT = 28;

export function shownOf(value: ValueInfo): Shown {
  if (value.expired_at) return { kind: 'opaque' };
  if (value.media_type.startsWith('image/') && value.sha256) return { kind: 'image', sha256: value.sha256 };
  const isWhole = value.preview !== null && value.preview !== undefined;
  const seen = isWhole ? value.preview : value.head;
  if (seen === null || seen === undefined) {
    return isNull(value) ? { kind: 'scalar', text: 'nothing' } : { kind: 'opaque' };
  }
  return ofJson(seen, isWhole);
}

function ofJson(seen: Json, isWhole: boolean): Shown {
  if (typeof seen === 'string') {
    const isShort = isWhole && seen.length <= SHORT && !seen.includes('\n');
    return isShort ? { kind: 'scalar', text: seen || '(empty text)' } : { kind: 'text', text: seen, isWhole };
  }
  if (typeof seen !== 'object' || seen === null) return { kind: 'scalar', text: numberText(seen) };
  return asTable(seen, isWhole) ?? asPairs(seen, isWhole) ?? { kind: 'json', value: seen, isWhole };
}

/** A number as people write it; JSON of the rest. */
function numberText(value: Json): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** The head of a table, or a list of objects that have the same keys, more or less. */
function asTable(seen: Json, isWhole: boolean): Shown | null {
  if (isTableHead(seen)) return { kind: 'table', columns: seen.columns.map(String), rows: seen.rows, isWhole: false };
  if (!Array.isArray(seen) || seen.length === 0 || !seen.every(isObject)) return null;
  const items = seen as readonly { readonly [key: string]: Json }[];
  const columns = [...new Set(items.flatMap(item => Object.keys(item)))];
  if (columns.length === 0 || columns.length > 40) return null;
  return { kind: 'table', columns, rows: items.map(item => columns.map(name => item[name] ?? null)), isWhole };
}

/** An object that holds no others. */
function asPairs(seen: Json, isWhole: boolean): Shown | null {
  if (!isObject(seen)) return null;
  const pairs = Object.entries(seen);
  const isFlat = pairs.length > 0 && pairs.every(([, value]) => value === null || typeof value !== 'object');
  return isFlat ? { kind: 'pairs', pairs, isWhole } : null;
}

function isTableHead(seen: Json): seen is { columns: readonly Json[]; rows: readonly (readonly Json[])[] } {
  if (!isObject(seen)) return false;
  const { columns, rows } = seen as Record<string, Json>;
  return Object.keys(seen).length === 2 && Array.isArray(columns) && Array.isArray(rows) && rows.every(Array.isArray);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A null is four characters of JSON; a value of which nothing is shown is larger. */
function isNull(value: ValueInfo): boolean {
  return value.media_type === 'application/json' && value.size <= 4;
}

/** In a few words, with its size: `344 × 8 table`, `list of 3`, `image/png, 12 kB`. */
export function wordsOf(value: ValueInfo): string {
  if (value.expired_at) return `${value.about ?? `${kindWord(value.media_type)}, ${bytes(value.size)}`}, no longer kept`;
  if (value.about) return value.about;
  const seen = value.preview;
  if (typeof seen === 'string') return `text of ${count(seen.length, 'character')}`;
  if (Array.isArray(seen)) return `list of ${seen.length.toLocaleString()}`;
  if (isObject(seen)) return `object with ${count(Object.keys(seen).length, 'key')}`;
  return `${kindWord(value.media_type)}, ${bytes(value.size)}`;
}

/** `application/json` is what a machine says. */
export function kindWord(mediaType: string): string {
  return mediaType === 'application/json' ? 'JSON' : mediaType;
}
