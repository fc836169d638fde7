import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INPUT } from '../contracts/graph';
import { asChanges, discarded, editCount, edited, editOf, EditStore, NO_EDITS } from './edits';

test('a value put back to what it was is no change', () => {
  const edits = edited(NO_EDITS, 'a', 'rows', { x: 1, y: 2 }, 3);
  assert.equal(editCount(edits), 1);
  assert.deepEqual(edited(edits, 'a', 'rows', 3, 3), NO_EDITS);
  assert.deepEqual(edited(NO_EDITS, 'a', 'rows', { y: 2, x: 1 }, { x: 1, y: 2 }), NO_EDITS);
});

test('null is a value like others', () => {
  const edits = edited(NO_EDITS, 'a', 'rows', null, 3);
  assert.equal(editOf(edits, 'a', 'rows'), null);
  assert.equal(editOf(edits, 'a', 'other'), undefined);
});

test('a node may be called like what every object has', () => {
  assert.equal(editOf(NO_EDITS, 'constructor', 'name'), undefined);
});

test('inputs of the flow go apart from literals of nodes', () => {
  const edits = edited(edited(NO_EDITS, 'a', 'n', 1, 0), INPUT, 'path', 'x', 'y');
  assert.deepEqual(asChanges(edits), { values: { a: { n: 1 } }, inputs: { path: 'x' } });
});

test('changes of one node are discarded, others stay', () => {
  const edits = edited(edited(NO_EDITS, 'a', 'n', 1, 0), 'b', 'n', 1, 0);
  assert.deepEqual(discarded(edits, 'a'), { b: { n: 1 } });
});

test('changes are taken back one by one, the last first', () => {
  const store = new EditStore();
  store.update(old => edited(old, 'a', 'n', 1, 0));
  store.update(old => edited(old, 'a', 'n', 2, 0));
  store.undo();
  assert.deepEqual(store.get(), { a: { n: 1 } });
  store.undo();
  store.undo();
  assert.deepEqual(store.get(), NO_EDITS);
});

test('what has run cannot be taken back', () => {
  const store = new EditStore();
  store.update(old => edited(old, 'a', 'n', 1, 0));
  store.clear();
  store.undo();
  assert.deepEqual(store.get(), NO_EDITS);
});
