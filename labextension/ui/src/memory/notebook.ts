// What is read of a notebook's JSON. Whatever is not as it should be is left out.

import type { Json } from '../contracts/events';

export interface BookCell {
  readonly type: string;
  readonly source: string;
  readonly count: number | null;
  readonly outputs: readonly { readonly kind: 'text' | 'error' | 'image'; readonly text: string }[];
}

type Said = { readonly [name: string]: Json };

export function cellsOf(value: Json): BookCell[] {
  const cells = isObject(value) && Array.isArray(value.cells) ? (value.cells as readonly Json[]) : [];
  return cells.filter(isObject).map(cell => ({
    type: typeof cell.cell_type === 'string' ? cell.cell_type : 'raw',
    source: joined(cell.source ?? ''),
    count: typeof cell.execution_count === 'number' ? cell.execution_count : null,
    outputs: (Array.isArray(cell.outputs) ? (cell.outputs as readonly Json[]) : []).filter(isObject).flatMap(outputOf)
  }));
}

/** As text, for comparing: the source of each cell under its kind. */
export function textOfBook(value: Json): string {
  return cellsOf(value).map(cell => `# %% [${cell.type}]\n${cell.source}`).join('\n\n');
}

function outputOf(output: Said): BookCell['outputs'][number][] {
  if (output.output_type === 'stream') return [{ kind: 'text', text: joined(output.text ?? '') }];
  if (output.output_type === 'error') {
    return [{ kind: 'error', text: `${String(output.ename)}: ${String(output.evalue)}` }];
  }
  const data = isObject(output.data ?? null) ? (output.data as Said) : {};
  for (const type of ['image/png', 'image/jpeg']) {
    if (data[type] !== undefined) return [{ kind: 'image', text: `data:${type};base64,${joined(data[type]!).replace(/\s/g, '')}` }];
  }
  return data['text/plain'] === undefined ? [] : [{ kind: 'text', text: joined(data['text/plain']) }];
}

function joined(text: Json): string {
  return Array.isArray(text) ? text.map(String).join('') : String(text);
}

function isObject(value: Json): value is Said {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
