// Two texts side by side: lines paired, what is alike far from any change folded.

import { diffLines } from 'diff';
import type { Entry } from '../api/memory';
import { textOfBook } from './notebook';

interface Line {
  readonly n: number;
  readonly text: string;
}

export type Pair =
  | { readonly left: Line | null; readonly right: Line | null; readonly isSame: boolean }
  | { readonly hidden: number };

/** Lines that are shown around a change. */
const AROUND = 3;
/** A difference that takes longer is told as all against all. */
const PATIENCE_MS = 1500;

/** What an entry says, as text. */
export function textOf(entry: Entry | null): string {
  const shown = entry?.shown;
  if (!shown) return '';
  switch (shown.kind) {
    case 'text':
      return shown.text ?? '';
    case 'json':
      return JSON.stringify(shown.value, null, 2);
    case 'notebook':
      return textOfBook(shown.value);
    case 'table':
      return shown.text ?? [shown.columns, ...shown.rows].map(row => row.map(cell => (typeof cell === 'string' ? cell : JSON.stringify(cell))).join(' │ ')).join('\n');
    default:
      return `${shown.media_type}, ${shown.size ?? 0} bytes`;
  }
}

export function pairsOf(before: string, after: string): Pair[] {
  const parts = diffLines(before, after, { timeout: PATIENCE_MS }) ?? [
    { value: before, removed: true, added: false, count: 0 },
    { value: after, added: true, removed: false, count: 0 }
  ];
  const pairs: (Pair & { left: Line | null })[] = [];
  let left = 0;
  let right = 0;
  let gone: Line[] = [];
  const flush = (added: readonly Line[]): void => {
    for (let k = 0; k < Math.max(gone.length, added.length); k++) {
      pairs.push({ left: gone[k] ?? null, right: added[k] ?? null, isSame: false });
    }
    gone = [];
  };
  for (const part of parts) {
    const lines = linesOf(part.value);
    if (part.removed) {
      flush([]);
      gone = lines.map(text => ({ n: ++left, text }));
    } else if (part.added) {
      flush(lines.map(text => ({ n: ++right, text })));
    } else {
      flush([]);
      for (const text of lines) pairs.push({ left: { n: ++left, text }, right: { n: ++right, text }, isSame: true });
    }
  }
  flush([]);
  return folded(pairs);
}

export function changedIn(pairs: readonly Pair[]): number {
  return pairs.filter(pair => !('hidden' in pair) && !pair.isSame).length;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function folded(pairs: readonly Pair[]): Pair[] {
  const near = new Uint8Array(pairs.length);
  pairs.forEach((pair, n) => {
    if ('hidden' in pair || pair.isSame) return;
    near.fill(1, Math.max(0, n - AROUND), Math.min(pairs.length, n + AROUND + 1));
  });
  const rows: Pair[] = [];
  for (let n = 0; n < pairs.length; n++) {
    if (near[n]) {
      rows.push(pairs[n]!);
      continue;
    }
    const from = n;
    while (n + 1 < pairs.length && !near[n + 1]) n++;
    rows.push({ hidden: n - from + 1 });
  }
  return rows;
}
