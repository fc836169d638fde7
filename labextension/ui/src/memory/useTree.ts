import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Host, wordsOf } from '../api/host';
import { type LayerHead, type Page, pageOf } from '../api/memory';
import { useRemembered } from '../live/useRemembered';
import { type Folder, type Folders, idOf, layerOf, type Row, rowsOf } from './tree';

/** So many entries come at once: a folder of 100,000 takes fifty questions, as it is scrolled. */
const PAGE = 2000;
const NOTHING: Folder = { items: [], next: null, isLoading: true, problem: null };

export interface Tree {
  readonly rows: readonly Row[];
  toggle(key: string): void;
  /** Load the next page of the folder that a row of kind `more` stands in. */
  more(key: string): void;
}

/**
 * What is open of the tree, at a moment or live: a layer whose mark has changed is read again, as far
 * as it had been read. What is shown stays until what is new has come.
 */
export function useTree(host: Host, heads: readonly LayerHead[] | null, at: string | null): Tree {
  const [remembered, remember] = useRemembered<readonly string[]>('memory.open', ['feed:', 'files:']);
  const open = useMemo(() => new Set(remembered), [remembered]);
  const [folders, setFolders] = useState<Folders>(new Map());
  const turn = useRef(0);
  /** The last reading of each folder: an answer to an earlier one is not taken. */
  const readings = useRef(new Map<string, number>());
  /** What each open folder was read at. */
  const seen = useRef(new Map<string, string>());
  const latest = useRef(folders);
  latest.current = folders;

  const set = useCallback((key: string, change: (old: Folder) => Folder) => {
    setFolders(old => new Map(old).set(key, change(old.get(key) ?? NOTHING)));
  }, []);

  const failed = useCallback((key: string, error: unknown): void => {
    seen.current.delete(key); // it is read again as soon as the server says anything
    set(key, old => ({ ...old, isLoading: false, problem: wordsOf(error) }));
  }, [set]);

  /** Read a folder anew, at least as far as it is shown; of two readings the later counts. */
  const read = useCallback(
    (key: string): void => {
      const mine = ++turn.current;
      readings.current.set(key, mine);
      const isOver = (): boolean => readings.current.get(key) !== mine;
      const wanted = latest.current.get(key)?.items.length ?? 0;
      fromTheBeginning(host, key, at, wanted, isOver).then(
        said => isOver() || set(key, () => ({ ...said, isLoading: false, problem: null })),
        error => isOver() || failed(key, error)
      );
    },
    [host, at, set, failed]
  );

  const more = useCallback(
    (note: string): void => {
      const key = note.slice(0, note.lastIndexOf('!'));
      const folder = latest.current.get(key);
      if (!folder || folder.next === null || folder.isLoading) return;
      const mine = readings.current.get(key);
      const isOver = (): boolean => readings.current.get(key) !== mine;
      const { next } = folder;
      set(key, old => ({ ...old, isLoading: true }));
      pageOf(host, layerOf(key), idOf(key), at, next, PAGE).then(
        page => {
          if (isOver()) return;
          set(key, old =>
            old.next === next ? { items: [...old.items, ...page.items], next: page.next, isLoading: false, problem: null } : old
          );
        },
        error => isOver() || failed(key, error)
      );
    },
    [host, at, set, failed]
  );

  // Which layers changed, by their marks; at a moment of the past nothing does. Another moment is another
  // tree; what is old is shown until the new has come.
  useEffect(() => {
    const marks = new Map(heads?.map(head => [head.layer, at ?? head.mark]));
    for (const key of open) {
      const mark = marks.get(layerOf(key));
      if (mark === undefined || seen.current.get(key) === mark) continue;
      seen.current.set(key, mark);
      read(key);
    }
  }, [heads, at, open, read]);

  const toggle = useCallback(
    (key: string): void => {
      const next = new Set(open);
      if (!next.delete(key)) next.add(key);
      else seen.current.delete(key); // read anew when it is opened again
      remember([...next]);
    },
    [open, remember]
  );

  const rows = useMemo(() => rowsOf(heads, folders, open), [heads, folders, open]);
  return { rows, toggle, more };
}

/** The pages of a folder, until so many entries are here or nobody wants them any more. */
async function fromTheBeginning(
  host: Host,
  key: string,
  at: string | null,
  wanted: number,
  isOver: () => boolean
): Promise<Pick<Folder, 'items' | 'next'>> {
  const items: Folder['items'][number][] = [];
  let next: string | null = '';
  do {
    const page: Page = await pageOf(host, layerOf(key), idOf(key), at, next ?? '', PAGE);
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < wanted && !isOver());
  return { items, next };
}
