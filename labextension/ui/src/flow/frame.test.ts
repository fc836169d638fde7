import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from './example';
import { detailAt, frame, HIGHEST, LOWEST, shifted, wholeOf } from './frame';
import { place } from './layout';

const SMALL = place(graph('a>b'), false);
const chain = Array.from({ length: 60 }, (_, n) => `n${n}>n${n + 1}`);
const LONG = place(graph(...chain), false);

test('a small flow is seen whole at its own size, in a place as low as may be', () => {
  const first = frame(SMALL, 1200, null);
  assert.equal(first.zoom, 1);
  assert.equal(first.height, LOWEST);
});

test('a flow wider than its place shrinks, as long as it can be read', () => {
  const first = frame(SMALL, 400, null);
  assert.ok(first.zoom < 1);
  assert.ok(first.x >= 0 && first.x + SMALL.width * first.zoom <= 400);
});

test('one that would be too small begins at its beginning, large enough to read', () => {
  const first = frame(LONG, 900, null);
  assert.equal(detailAt(first.zoom), 'full');
  assert.ok(first.x > 0 && first.x < 50);
  const { y, height } = LONG.boxes.get('n0')!;
  assert.ok(y * first.zoom + first.y >= 0 && (y + height) * first.zoom + first.y <= first.height);
});

test('no place in a cell is higher than a screen has room for', () => {
  const wide = place(graph(...Array.from({ length: 40 }, (_, n) => `a>b${n}`)), true);
  assert.ok(frame(wide, 900, null).height <= HIGHEST);
});

test('all of it can always be seen', () => {
  const all = wholeOf(LONG, 900, 300);
  assert.ok(LONG.width * all.zoom <= 900);
});

test('from afar less is drawn', () => {
  assert.deepEqual([1, 0.5, 0.3, 0.1].map(detailAt), ['full', 'bar', 'title', 'cell']);
});

test('what can be seen is not moved, what cannot is moved just into sight', () => {
  const size = { width: 400, height: 300 };
  const viewport = { x: 0, y: 0, zoom: 1 };
  assert.equal(shifted(viewport, { x: 50, y: 50, width: 100, height: 100 }, size), viewport);
  const { x } = shifted(viewport, { x: 350, y: 50, width: 100, height: 100 }, size);
  assert.ok(x < -50 && x > -100);
});
