import { type ReactElement, useEffect, useMemo, useState } from 'react';
import { type Host, wordsOf } from '../api/host';
import { type Item, LAYERS, type Ref, searchAll } from '../api/memory';
import { Skeleton, Strip } from '../parts/Notice';
import { keyOf, type Row } from './tree';
import { TreeView } from './TreeView';

/** After the last key. */
const PAUSE_MS = 200;

interface FoundProps {
  readonly host: Host;
  readonly text: string;
  readonly at: string | null;
  readonly now: number;
  readonly looking: Ref | null;
  onLook(ref: Ref): void;
}

/** What has a text in it, in all layers. */
export function Found({ host, text, at, now, looking, onLook }: FoundProps): ReactElement {
  const { found, problem } = useFound(host, text, at);
  const rows = useMemo(() => (found ? foundRows(found) : []), [found]);
  if (problem) return <Strip>{problem}</Strip>;
  if (!found) return <Skeleton />;
  if (rows.length === 0) {
    return (
      <p className="pai-Trigger-none" role="status">
        Nothing {at ? 'then ' : ''}has “{text}” in it. Names are searched, what was said in feeds, and the words of knowledge; not
        the content of files.
      </p>
    );
  }
  return <TreeView rows={rows} now={now} looking={looking} onToggle={() => undefined} onMore={() => undefined} onLook={onLook} />;
}

export function foundRows(found: { readonly [layer: string]: readonly Item[] }): Row[] {
  return LAYERS.flatMap((layer): Row[] => {
    const items = found[layer] ?? [];
    if (items.length === 0) return [];
    const head = { layer, count: items.length, mark: '', updated_at: null };
    return [
      { kind: 'layer', key: keyOf(layer, ''), layer, head, depth: 1, isOpen: true },
      ...items.map((item, n): Row => ({
        kind: 'item', key: keyOf(layer, item.id), layer, item: { ...item, kind: 'entry' }, depth: 2, isOpen: false, place: n + 1, of: items.length
      }))
    ];
  });
}

function useFound(host: Host, text: string, at: string | null) {
  const [state, setState] = useState<{ found: { readonly [layer: string]: readonly Item[] } | null; problem: string | null }>({ found: null, problem: null });
  useEffect(() => {
    let isStopped = false;
    const timer = setTimeout(() => {
      searchAll(host, text, at).then(
        found => isStopped || setState({ found, problem: null }),
        error => isStopped || setState({ found: null, problem: wordsOf(error) })
      );
    }, PAUSE_MS);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [host, text, at]);
  return state;
}
