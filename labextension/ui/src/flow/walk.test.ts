import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from './example';
import { place } from './layout';
import { next } from './walk';

const DIAMOND = graph('a>b', 'a>c', 'b>d', 'c>d');
const LAYOUT = place(DIAMOND, true);
const go = (from: string | null, key: string): string | null => next(DIAMOND, LAYOUT, from, key);

test('right goes where a value goes, left where it comes from', () => {
  assert.ok(['b', 'c'].includes(go('a', 'ArrowRight')!));
  assert.equal(go('b', 'ArrowRight'), 'd');
  assert.equal(go('b', 'ArrowLeft'), 'a');
});

test('up and down go to what stands there', () => {
  const [upper, lower] = ['b', 'c'].sort((one, other) => LAYOUT.boxes.get(one)!.y - LAYOUT.boxes.get(other)!.y);
  assert.equal(go(upper!, 'ArrowDown'), lower);
  assert.equal(go(lower!, 'ArrowUp'), upper);
});

test('from nowhere any arrow goes to the first node; Home and End to the first and the last', () => {
  assert.equal(go(null, 'ArrowDown'), 'a');
  assert.equal(go('b', 'End'), 'd');
  assert.equal(go('d', 'Home'), 'a');
});

test('where nothing is, and for other keys, one stays', () => {
  assert.equal(go('d', 'ArrowRight'), null);
  assert.equal(go('a', 'x'), null);
});
