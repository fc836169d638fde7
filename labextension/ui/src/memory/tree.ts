// The tree as rows: what is open, in order. Pure; the server's pages go in, rows come out.

import type { Item, Layer, LayerHead } from '../api/memory';
import { LAYERS } from '../api/memory';

/** What is known of an open folder. */
export interface Folder {
  readonly items: readonly Item[];
  /** Where its next page begins; null when all is here. */
  readonly next: string | null;
  readonly isLoading: boolean;
  readonly problem: string | null;
}

export type Folders = ReadonlyMap<string, Folder>;

export type Row =
  | { readonly kind: 'layer'; readonly key: string; readonly layer: Layer; readonly head: LayerHead | null; readonly depth: 1; readonly isOpen: boolean }
  | { readonly kind: 'item'; readonly key: string; readonly layer: Layer; readonly item: Item; readonly depth: number; readonly isOpen: boolean; readonly place: number; readonly of: number }
  | { readonly kind: 'note'; readonly key: string; readonly layer: Layer; readonly depth: number; readonly says: 'loading' | 'more' | 'empty' | 'problem'; readonly text: string };

export const keyOf = (layer: Layer, id: string): string => `${layer}:${id}`;

export function layerOf(key: string): Layer {
  return key.slice(0, key.indexOf(':')) as Layer;
}

export function idOf(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

/** All rows that can be scrolled to. `heads` is null until the first answer. */
export function rowsOf(heads: readonly LayerHead[] | null, folders: Folders, open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const known = new Map(heads?.map(head => [head.layer, head]));
  for (const layer of LAYERS) {
    const key = keyOf(layer, '');
    const head = known.get(layer) ?? null;
    const isOpen = open.has(key);
    rows.push({ kind: 'layer', key, layer, head, depth: 1, isOpen });
    if (!isOpen) continue;
    if (head) below(rows, layer, '', 2, folders, open);
    else if (heads) rows.push({ kind: 'note', key: `${key}!problem`, layer, depth: 2, says: 'problem', text: 'Not in this runtime: a newer version has it.' });
  }
  return rows;
}

function below(rows: Row[], layer: Layer, under: string, depth: number, folders: Folders, open: ReadonlySet<string>): void {
  const key = keyOf(layer, under);
  const folder = folders.get(key);
  const note = (says: 'loading' | 'more' | 'empty' | 'problem', text: string): void => {
    rows.push({ kind: 'note', key: `${key}!${says}`, layer, depth, says, text });
  };
  if (!folder) return note('loading', 'Loading…');
  const { items } = folder;
  for (let place = 0; place < items.length; place++) {
    const item = items[place]!;
    const isOpen = item.kind !== 'entry' && open.has(keyOf(layer, item.id));
    rows.push({ kind: 'item', key: keyOf(layer, item.id), layer, item, depth, isOpen, place: place + 1, of: items.length });
    if (isOpen) below(rows, layer, item.id, depth + 1, folders, open);
  }
  if (folder.problem) note('problem', folder.problem);
  else if (folder.next !== null) note('more', folder.isLoading ? 'Loading more…' : 'More');
  else if (items.length === 0) note(folder.isLoading ? 'loading' : 'empty', folder.isLoading ? 'Loading…' : 'Empty');
}

/** What a key press does in the tree, as WAI-ARIA has it for trees. */
export type Move = { readonly go: number } | { readonly toggle: string } | { readonly look: Row } | null;

export function moveOf(rows: readonly Row[], here: number, key: string, page: number): Move {
  const row = rows[here];
  const to = (n: number): Move => ({ go: Math.min(Math.max(n, 0), rows.length - 1) });
  switch (key) {
    case 'ArrowDown':
      return to(here + 1);
    case 'ArrowUp':
      return to(here - 1);
    case 'PageDown':
      return to(here + page);
    case 'PageUp':
      return to(here - page);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
  }
  if (!row) return null;
  const canOpen = row.kind === 'layer' || (row.kind === 'item' && row.item.kind !== 'entry');
  switch (key) {
    case 'ArrowRight':
      if (!canOpen) return null;
      return 'isOpen' in row && row.isOpen ? to(here + 1) : { toggle: row.key };
    case 'ArrowLeft':
      if ('isOpen' in row && row.isOpen) return { toggle: row.key };
      return to(parentOf(rows, here));
    case ' ':
      return canOpen ? { toggle: row.key } : { look: row };
    case 'Enter':
      return row.kind === 'item' && row.item.kind !== 'folder' ? { look: row } : canOpen ? { toggle: row.key } : null;
  }
  return null;
}

function parentOf(rows: readonly Row[], here: number): number {
  const depth = rows[here]!.depth;
  for (let n = here - 1; n >= 0; n--) if (rows[n]!.depth < depth) return n;
  return here;
}
