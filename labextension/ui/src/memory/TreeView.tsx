import { type KeyboardEvent, type ReactElement, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Ref } from '../api/memory';
import { moveOf, type Row } from './tree';
import { TreeRow } from './TreeRow';

const ROW_PX = 24;
/** Rows beyond the edges, so that a quick hand sees none missing. */
const BEYOND = 12;
/** Rows come and go so many at a time: between, scrolling draws nothing. */
const STEP = 8;

interface TreeViewProps {
  readonly rows: readonly Row[];
  readonly now: number;
  readonly looking: Ref | null;
  onToggle(key: string): void;
  onMore(key: string): void;
  onLook(ref: Ref): void;
}

/**
 * The tree. All rows are as high, so that only those in sight are in the page, however many there are:
 * which ones follows from where it is scrolled to. One of them has the focus, by `aria-activedescendant`.
 */
export function TreeView({ rows, now, looking, onToggle, onMore, onLook }: TreeViewProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const tree = useId(); // a cell and the side panel may show one each
  const [from, setFrom] = useState(0);
  const [height, setHeight] = useState(600);
  const [activeKey, setActive] = useState<string>(rows[0]?.key ?? '');
  const active = useMemo(() => Math.max(0, rows.findIndex(row => row.key === activeKey)), [rows, activeKey]);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    const observer = new ResizeObserver(() => setHeight(node.clientHeight));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, from - BEYOND);
  const last = Math.min(rows.length, from + STEP + Math.ceil(height / ROW_PX) + BEYOND);

  // The next page is fetched before its place comes into sight.
  useEffect(() => {
    for (let n = first; n < Math.min(rows.length, last + 200); n++) {
      const row = rows[n]!;
      if (row.kind === 'note' && row.says === 'more') onMore(row.key);
    }
  }, [rows, first, last, onMore]);

  const look = useCallback((row: Row): void => {
    if (row.kind === 'item' && row.item.kind !== 'folder') onLook({ layer: row.layer, id: row.item.id });
  }, [onLook]);

  const press = useCallback((row: Row): void => {
    setActive(row.key);
    if (row.kind === 'layer' || (row.kind === 'item' && row.item.kind === 'folder')) onToggle(row.key);
    else look(row);
  }, [look, onToggle]);

  function keyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = moveOf(rows, active, event.key, Math.max(1, Math.floor(height / ROW_PX) - 1));
    if (!move) return;
    event.preventDefault();
    if ('go' in move) {
      setActive(rows[move.go]!.key);
      intoSight(box.current, move.go);
    } else if ('toggle' in move) onToggle(move.toggle);
    else look(move.look);
  }

  return (
    <div
      ref={box}
      className="pai-Tree"
      role="tree"
      aria-label="Memory"
      aria-activedescendant={`${tree}${active}`}
      tabIndex={0}
      onKeyDown={keyDown}
      onScroll={event => setFrom(STEP * Math.floor(event.currentTarget.scrollTop / ROW_PX / STEP))}
    >
      <div className="pai-Tree-all" style={{ height: rows.length * ROW_PX }}>
        <div style={{ transform: `translateY(${first * ROW_PX}px)` }}>
          {rows.slice(first, last).map((row, n) => (
            <TreeRow
              key={row.key}
              id={`${tree}${first + n}`}
              row={row}
              now={now}
              isActive={first + n === active}
              isLooked={looking !== null && row.kind === 'item' && row.layer === looking.layer && row.item.id === looking.id}
              onPress={press}
              onToggle={onToggle}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function intoSight(box: HTMLElement | null, row: number): void {
  if (!box) return;
  const top = row * ROW_PX;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
}
