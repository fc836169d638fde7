import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Host, Problem } from '../api/host';
import { type LayerHead, pageOf } from '../api/memory';
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
  const latest = useRef(folders);
  latest.current = folders;

  const set = useCallback((key: string, change: (old: Folder) => Folder) => {
    setFolders(old => new Map(old).set(key, change(old.get(key) ?? NOTHING)));
  }, []);

  /** Read a folder from its beginning, at least as far as it is shown. */
  const read = useCallback(
    async (key: string): Promise<void> => {
      const mine = turn.current;
      const wanted = latest.current.get(key)?.items.length ?? 0;
      const said = { items: [] as Folder['items'][number][], next: '' as string | null };
      try {
        do {
          const page = await pageOf(host, layerOf(key), idOf(key), at, said.next ?? '', PAGE);
          if (mine !== turn.current) return;
          said.items.push(...page.items);
          said.next = page.next;
        } while (said.next !== null && said.items.length < wanted);
        set(key, () => ({ ...said, isLoading: false, problem: null }));
      } catch (error) {
        if (mine === turn.current) set(key, old => ({ ...old, isLoading: false, problem: wordsOf(error) }));
      }
    },
    [host, at, set]
  );

  const more = useCallback(
    (note: string): void => {
      const key = note.slice(0, note.lastIndexOf('!'));
      const folder = latest.current.get(key);
      if (!folder || folder.next === null || folder.isLoading) return;
      const mine = turn.current;
      const { next } = folder;
      set(key, old => ({ ...old, isLoading: true }));
      pageOf(host, layerOf(key), idOf(key), at, next, PAGE).then(
        page => {
          if (mine !== turn.current) return;
          set(key, old =>
            old.next === next ? { items: [...old.items, ...page.items], next: page.next, isLoading: false, problem: null } : old
          );
        },
        error => mine === turn.current && set(key, old => ({ ...old, isLoading: false, problem: wordsOf(error) }))
      );
    },
    [host, at, set]
  );

  // Another moment is another tree; what is old is shown until the new has come.
  useEffect(() => {
    turn.current++;
  }, [at]);

  // Which layers changed, by their marks; at a moment of the past nothing does.
  const marks = heads?.map(head => `${head.layer} ${at ?? head.mark}`).join('\n') ?? '';
  const seen = useRef(new Map<string, string>());
  useEffect(() => {
    const now = new Map(marks.split('\n').filter(Boolean).map(mark => mark.split(/ (.*)/s) as [string, string]));
    for (const key of open) {
      const layer = layerOf(key);
      const mark = now.get(layer);
      if (mark === undefined || seen.current.get(key) === mark) continue;
      seen.current.set(key, mark);
      void read(key);
    }
  }, [marks, open, read]);

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

function wordsOf(error: unknown): string {
  if (error instanceof Problem) return error.remedy ? `${error.message} ${error.remedy}` : error.message;
  return String(error);
}
