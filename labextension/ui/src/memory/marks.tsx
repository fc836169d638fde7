import type { ReactElement } from 'react';
import type { Item, Layer } from '../api/memory';

/** A shape for each layer: told apart without colour, and by its name beside it. */
const LAYER: Record<Layer, string> = {
  feed: 'M3 4h10M3 8h7M3 12h9',
  files: 'M4 2.5h5.5L12.5 5.5v8h-8.5zM9.5 2.5v3h3',
  records: 'M3 3.5h10v9H3zM3 6.5h10M6.5 6.5v6',
  history: 'M8 4.5V8l2.5 1.8M3 8a5 5 0 1 0 1.6-3.7M3 3v2.2h2.2',
  knowledge: 'M8 3.2a1.6 1.6 0 1 0 .01 0M4 10.2a1.6 1.6 0 1 0 .01 0M12 10.2a1.6 1.6 0 1 0 .01 0M7.2 6.2 4.9 10M8.8 6.2 11.1 10M5.7 11.8h4.6'
};

const KIND: readonly (readonly [RegExp, string])[] = [
  [/^image\//, 'M2.5 3.5h11v9h-11zM2.5 11l3.2-3.4 2.6 2.6 1.7-1.7 3.5 3.2M10.6 6.1v.01'],
  [/csv|tab-sep|parquet|arrow|^collection$/, 'M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6'],
  [/ipynb/, 'M4 2.5h8.5v11H4zM4 5H2.6M4 8H2.6M4 11H2.6'],
  [/json|^document$/, 'M6 2.8c-1.6 0-1.4 1.6-1.4 2.8S4 8 3 8c1 0 1.600 1.200 1.600 2.400s-.2 2.800 1.400 2.800M10 2.800c1.600 0 1.400 1.600 1.400 2.800S12 8 13 8c-1 0-1.600 1.200-1.600 2.400s.2 2.800-1.400 2.800'],
  [/python|javascript|toml|yaml/, 'M6 4.500 2.800 8 6 11.500M10 4.500 13.200 8 10 11.500'],
  [/^text\//, 'M3.500 4h9M3.500 7h9M3.500 10h6'],
  [/^feed$|^thread$/, 'M2.800 3.500h10.400v7H7l-2.600 2.300V10.500H2.800z'],
  [/^fact$/, 'M4 5.400a1.600 1.600 0 1 0 .01 0M12 7.400a1.600 1.600 0 1 0 .01 0M5.700 7.300l4.600 1.300'],
  [/^branch$/, 'M5 3.500v9M5 9.500c4 0 6-1 6-4M11 5.500V3.500']
];
const FOLDER = 'M2.500 4.500h4l1.300 1.500h5.700v6.500h-11z';
const FILE = 'M4 2.500h5.500L12.500 5.500v8H4z';
const POINT = 'M8 7.200a.8.800 0 1 0 .01 0';

export function LayerMark({ layer }: { layer: Layer }): ReactElement {
  return <Drawn path={LAYER[layer]} />;
}

export function KindMark({ item }: { item: Item }): ReactElement {
  if (item.kind === 'folder' && item.icon !== 'branch') return <Drawn path={FOLDER} />;
  const known = KIND.find(([pattern]) => pattern.test(item.icon));
  return <Drawn path={known?.[1] ?? (item.icon.includes('/') ? FILE : POINT)} />;
}

function Drawn({ path }: { path: string }): ReactElement {
  return (
    <svg className="pai-KindMark" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
