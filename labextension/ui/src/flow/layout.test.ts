import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INPUT, OUTPUT } from '../contracts/graph';
import { graph } from './example';
import { type Box, endId, place } from './layout';

const DIAMOND = graph('a>b', 'a>c', 'b>d', 'c>d');

function apart(one: Box, other: Box): boolean {
  return one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
}

function assertApart(boxes: ReadonlyMap<string, Box>): void {
  const all = [...boxes];
  for (const [id, box] of all) {
    for (const [other, beside] of all) if (id !== other) assert.ok(apart(box, beside), `${id} lies on ${other}`);
  }
}

test('what comes later stands further to the right, and nothing covers anything', () => {
  const { boxes } = place(DIAMOND, true);
  const x = (id: string): number => boxes.get(id)!.x;
  assert.ok(x('a') < x('b') && x('b') < x('d') && x('a') < x('c') && x('c') < x('d'));
  assertApart(boxes);
});

test('nodes of a run keep room for what it will show', () => {
  const [plain, run] = [place(DIAMOND, false), place(DIAMOND, true)];
  assert.ok(run.boxes.get('a')!.height > plain.boxes.get('a')!.height);
  assert.equal(run.width, plain.width);
});

test('sources stand in the order of the ports that they go to', () => {
  const { boxes } = place(graph('a>z', 'b>z', 'c>z'), false);
  const [a, b, c] = ['a', 'b', 'c'].map(id => boxes.get(id)!.y) as [number, number, number];
  assert.ok(a < b && b < c);
});

test('positions of the flow win; its ends find a place beside them', () => {
  const stored = {
    ...DIAMOND,
    inputs: [{ name: 'path', glyph: 'text', type: 'string', help: '', has_default: false, schema: {} }] as const,
    edges: [...DIAMOND.edges, { source: { node: INPUT, port: 'path' }, target: { node: 'a', port: 'path' } }],
    outputs: [
      { name: 'one', node: 'd', port: 'result', glyph: 'text' },
      { name: 'two', node: 'd', port: 'result', glyph: 'text' }
    ] as const,
    layout: { a: { x: 0, y: 0 }, b: { x: 900, y: 0 }, c: { x: 300, y: 400 }, d: { x: 600, y: 200 } }
  };
  const { boxes } = place(stored, true);
  assert.equal(boxes.get('b')!.x - boxes.get('a')!.x, 900);
  assert.ok(boxes.get(endId(INPUT, 'path'))!.x < boxes.get('a')!.x);
  assert.ok(boxes.get(endId(OUTPUT, 'one'))!.x > boxes.get('d')!.x);
  assertApart(boxes);
});

test('a drawing begins at its upper left corner', () => {
  const { boxes, width, height } = place(DIAMOND, false);
  const all = [...boxes.values()];
  assert.equal(Math.min(...all.map(box => box.x)), 0);
  assert.equal(Math.min(...all.map(box => box.y)), 0);
  assert.equal(Math.max(...all.map(box => box.x + box.width)), width);
  assert.equal(Math.max(...all.map(box => box.y + box.height)), height);
});

test('an edge past other columns has a bend in each', () => {
  const { bends } = place(graph('a>b', 'b>c', 'c>d', 'a>d'), false);
  assert.equal(bends.get('a d')!.length, 2);
  assert.equal(bends.get('a b')!.length, 0);
});

test('nothing to draw is no fault', () => {
  assert.equal(place(graph(), true).width, 0);
});
