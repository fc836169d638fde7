import { memo, type ReactElement } from 'react';
import { ago, bytes, exactTime } from '../format';
import { StateMark } from '../parts/StateMark';
import { LayerMark, KindMark } from './marks';
import type { Row } from './tree';
import { TITLES } from './words';

interface TreeRowProps {
  readonly id: string;
  readonly row: Row;
  readonly now: number;
  readonly isActive: boolean;
  readonly isLooked: boolean;
  onPress(row: Row): void;
  onToggle(key: string): void;
}

/** One row; the same row is not drawn again. */
export const TreeRow = memo(function TreeRow({ id, row, now, isActive, isLooked, onPress, onToggle }: TreeRowProps): ReactElement {
  const shared = {
    id,
    role: 'treeitem',
    'aria-level': row.depth,
    'data-active': isActive || undefined,
    style: { paddingLeft: 8 + (row.depth - 1) * 14 }
  };
  if (row.kind === 'note') {
    return (
      <div {...shared} className="pai-TreeRow pai-TreeNote" data-says={row.says} title={row.text}>
        {row.text}
      </div>
    );
  }
  const canOpen = row.kind === 'layer' || row.item.kind !== 'entry';
  return (
    <div
      {...shared}
      className="pai-TreeRow"
      data-kind={row.kind}
      aria-expanded={canOpen ? row.isOpen : undefined}
      aria-selected={isLooked}
      aria-setsize={row.kind === 'item' ? row.of : undefined}
      aria-posinset={row.kind === 'item' ? row.place : undefined}
      onClick={() => onPress(row)}
    >
      <span
        className="pai-TreeRow-arrow"
        data-open={row.isOpen || undefined}
        aria-hidden="true"
        onClick={event => {
          if (!canOpen) return;
          event.stopPropagation();
          onToggle(row.key);
        }}
      >
        {canOpen ? '▸' : ''}
      </span>
      {row.kind === 'layer' ? <LayerInside row={row} now={now} /> : <ItemInside row={row} now={now} />}
    </div>
  );
});

function LayerInside({ row, now }: { row: Row & { kind: 'layer' }; now: number }): ReactElement {
  const { head, layer } = row;
  return (
    <>
      <LayerMark layer={layer} />
      <span className="pai-TreeRow-name">{TITLES[layer]}</span>
      <span className="pai-TreeRow-about" />
      {head?.updated_at && (
        <time className="pai-TreeRow-at" title={`Last change ${exactTime(head.updated_at)}`}>
          {ago(head.updated_at, now)}
        </time>
      )}
      <span className="pai-TreeRow-count">{head ? head.count.toLocaleString() : '–'}</span>
    </>
  );
}

function ItemInside({ row, now }: { row: Row & { kind: 'item' }; now: number }): ReactElement {
  const { item, layer } = row;
  const title = [item.name, item.about, item.at && exactTime(item.at)].filter(Boolean).join('\n');
  return (
    <>
      {layer === 'history' && item.kind !== 'folder' ? <StateMark state={item.icon} /> : <KindMark item={item} />}
      <span className="pai-TreeRow-name" title={title}>
        {item.name}
      </span>
      <span className="pai-TreeRow-about" title={title}>
        {item.about}
      </span>
      {item.size !== null && <span className="pai-TreeRow-size">{bytes(item.size)}</span>}
      {item.at && (
        <time className="pai-TreeRow-at" title={exactTime(item.at)}>
          {ago(item.at, now)}
        </time>
      )}
      {item.count !== null && <span className="pai-TreeRow-count">{item.count.toLocaleString()}</span>}
    </>
  );
}
