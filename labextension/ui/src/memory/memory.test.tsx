import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Host } from '../api/host';
import type { Item, LayerHead, Shown } from '../api/memory';
import { Content } from './Content';
import { changedIn, pairsOf } from './difference';
import { foundRows } from './Found';
import { Lessons } from './Lessons';
import { momentsOf, reachable, stepFrom } from './moments';
import { cellsOf } from './notebook';
import { type Folder, moveOf, rowsOf } from './tree';
import { TreeView } from './TreeView';
import { Uses } from './Uses';

const nowhere: Host = { fetch: () => new Promise(() => {}), socket: () => ({}) as WebSocket };
const nothing = (): void => {};
const head = (layer: LayerHead['layer'], count = 1): LayerHead => ({ layer, count, mark: '1', updated_at: null });
const HEADS = [head('feed'), head('files', 0)];

function item(id: string, kind: Item['kind'] = 'entry'): Item {
  return { id, name: id, kind, icon: '', about: '', count: null, size: null, at: null };
}

const whole = (...items: Item[]): Folder => ({ items, next: null, isLoading: false, problem: null });

function shown(more: Partial<Shown>): Shown {
  return {
    kind: 'text', media_type: 'text/plain', size: 3, text: null, value: null, columns: [], rows: [], is_whole: true, about: '', raw: null, ...more
  };
}

test('what is open is shown in order, with what is missing told', () => {
  const folders = new Map([
    ['feed:', whole(item('room/', 'folder'), item('log', 'group'))],
    ['feed:room/', { ...whole(item('room/a', 'group')), next: 'x' }]
  ]);
  const rows = rowsOf(HEADS, folders, new Set(['feed:', 'feed:room/', 'files:', 'records:']));
  assert.deepEqual(rows.map(row => row.key), [
    'feed:', 'feed:room/', 'feed:room/a', 'feed:room/!more', 'feed:log', 'files:', 'files:!loading', 'records:', 'records:!problem',
    'history:', 'knowledge:'
  ]);
  assert.deepEqual(rows.map(row => row.depth), [1, 2, 3, 3, 2, 1, 2, 1, 2, 1, 1]);
});

test('keys move through the tree as trees do', () => {
  const rows = rowsOf(HEADS, new Map([['feed:', whole(item('a/', 'folder'), item('b', 'group'), item('c'))]]), new Set(['feed:']));
  assert.deepEqual(moveOf(rows, 0, 'ArrowDown', 10), { go: 1 });
  assert.deepEqual(moveOf(rows, 0, 'ArrowUp', 10), { go: 0 });
  assert.deepEqual(moveOf(rows, 0, 'ArrowRight', 10), { go: 1 });
  assert.deepEqual(moveOf(rows, 1, 'ArrowRight', 10), { toggle: 'feed:a/' });
  assert.deepEqual(moveOf(rows, 3, 'ArrowLeft', 10), { go: 0 });
  assert.deepEqual(moveOf(rows, 0, 'ArrowLeft', 10), { toggle: 'feed:' });
  assert.deepEqual(moveOf(rows, 1, 'Enter', 10), { toggle: 'feed:a/' });
  assert.deepEqual(moveOf(rows, 2, 'Enter', 10), { look: rows[2] });
  assert.deepEqual(moveOf(rows, 0, 'End', 10), { go: rows.length - 1 });
  assert.equal(moveOf(rows, 0, 'x', 10), null);
});

test('a hundred thousand rows put a few into the page, and say how many there are', () => {
  const items = Array.from({ length: 100_000 }, (_, n) => item(`e${n}`));
  const rows = rowsOf(HEADS, new Map([['feed:', whole(...items)]]), new Set(['feed:']));
  const shown = renderToStaticMarkup(<TreeView rows={rows} now={0} looking={null} onToggle={nothing} onMore={nothing} onLook={nothing} />);
  const drawn = shown.match(/role="treeitem"/g)?.length ?? 0;
  assert.ok(drawn > 20 && drawn < 80, String(drawn));
  assert.match(shown, /aria-setsize="100000" aria-posinset="1"/);
  assert.match(shown, /role="tree" aria-label="Memory"/);
});

test('the slider stops where something changed, and its right end is now', () => {
  const times = {
    since: '2030-01-01T00:00:00Z', until: '2030-01-02T00:00:00Z',
    stretches: { feed: [[0, 2, '2030-01-01T01:00:00Z'], [5, 1, '2030-01-01T05:00:00Z']], files: [[0, 3, '2030-01-01T01:30:00Z']] } as const
  };
  const moments = momentsOf(times);
  assert.deepEqual(moments, [{ at: '2030-01-01T01:30:00Z', count: 5 }, { at: '2030-01-01T05:00:00Z', count: 1 }]);
  assert.equal(stepFrom(moments, null, 'ArrowLeft'), '2030-01-01T05:00:00Z');
  assert.equal(stepFrom(moments, '2030-01-01T05:00:00Z', 'ArrowRight'), null);
  assert.equal(stepFrom(moments, null, 'Home'), '2030-01-01T01:30:00Z');
  assert.equal(stepFrom(moments, moments[0]!.at, 'ArrowLeft'), '2030-01-01T01:30:00Z');
  assert.equal(stepFrom(moments, null, 'Tab'), undefined);
  assert.equal(reachable(moments, Date.parse('2030-01-01T04:00:00Z'), 0.5), '2030-01-01T01:30:00Z');
  assert.equal(reachable(moments, 0, 1), null);
});

test('two versions stand side by side, with what is alike folded', () => {
  const before = Array.from({ length: 30 }, (_, n) => `line ${n}`).join('\n');
  const pairs = pairsOf(before, before.replace('line 15', 'another'));
  assert.equal(changedIn(pairs), 1);
  assert.deepEqual(pairs[0], { hidden: 12 });
  const change = pairs.find(pair => !('hidden' in pair) && !pair.isSame);
  assert.deepEqual(change, { left: { n: 16, text: 'line 15' }, right: { n: 16, text: 'another' }, isSame: false });
  assert.equal(changedIn(pairsOf('a\n', 'a\n')), 0);
  assert.equal(changedIn(pairsOf('', 'a\nb')), 2);
});

test('contents are shown as what they are, and nothing of them is run', () => {
  const book = { cells: [{ cell_type: 'code', source: ['<b>1</b>'], outputs: [{ output_type: 'display_data', data: { 'text/html': '<script>', 'text/plain': 'two' } }] }] };
  const draw = (more: Partial<Shown>): string => renderToStaticMarkup(<Content host={nowhere} shown={shown(more)} />);
  assert.match(draw({ kind: 'table', columns: ['n'], rows: [['1'], [null]] }), /<th scope="col" data-number="true">n<\/th>.*<td data-number="true"/);
  assert.match(draw({ kind: 'json', value: { a: [1, 2] } }), /2 items/);
  assert.match(draw({ kind: 'notebook', value: book }), /&lt;b&gt;1&lt;\/b&gt;.*two/);
  assert.doesNotMatch(draw({ kind: 'notebook', value: book }), /<script>/);
  assert.match(draw({ kind: 'text', text: 'x', is_whole: false }), /its beginning is shown/);
  assert.deepEqual(cellsOf({ cells: 3 }), []);
});

test('an empty layer that is open teaches, and the past does not', () => {
  const rows = rowsOf(HEADS, new Map(), new Set(['feed:', 'files:']));
  assert.match(renderToStaticMarkup(<Lessons heads={HEADS} isPast={false} rows={rows} />), /pai\.memory\.files\.write/);
  assert.equal(renderToStaticMarkup(<Lessons heads={HEADS} isPast rows={rows} />), '');
});

test('what was found stands under its layer', () => {
  const rows = foundRows({ files: [item('main/a.txt')], feed: [] });
  assert.deepEqual(rows.map(row => [row.kind, row.key]), [['layer', 'files:'], ['item', 'files:main/a.txt']]);
});

test('who used a file is told with what they did, and to which version', () => {
  const use = { id: 'r-1/p0/look', flow: 'weigh', node: 'look', mode: 'read' as const, at: null, is_shown: false };
  const html = renderToStaticMarkup(<Uses uses={[use, { ...use, mode: 'write', is_shown: true }]} now={0} onOpen={nothing} />);

  assert.match(html, /weigh · look.*read another version.*wrote this version/s);
  assert.equal(renderToStaticMarkup(<Uses uses={[]} now={0} onOpen={nothing} />), '');
});
