import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from './example';
import { nodeIn } from './group';

test('a node is itself', () => {
  assert.equal(nodeIn(view({ a: { status: 'failed' } }), 'a')?.status, 'failed');
  assert.equal(nodeIn(view({ a: {} }), 'b'), null);
  assert.equal(nodeIn(view({}), 'constructor'), null);
});

for (const [inside, whole] of [
  [['pending', 'pending'], 'pending'],
  [['completed', 'pending'], 'running'],
  [['completed', 'running'], 'running'],
  [['completed', 'failed'], 'failed'],
  [['running', 'waiting'], 'waiting'],
  [['completed', 'skipped'], 'completed'],
  [['reused', 'reused'], 'reused'],
  [['reused', 'completed'], 'completed']
] as const) {
  test(`a flow inside whose nodes are ${inside.join(' and ')} is ${whole}`, () => {
    const [one, two] = inside;
    assert.equal(nodeIn(view({ 'f/a': { status: one }, 'f/b': { status: two } }), 'f')?.status, whole);
  });
}

test('flows inside flows count at every level', () => {
  const run = view({ 'f/g/a': { status: 'running' } });
  assert.equal(nodeIn(run, 'f')?.status, 'running');
  assert.equal(nodeIn(run, 'f/g')?.status, 'running');
});

test('a part that did not change stays the same object', () => {
  const run = view({ 'f/a': { status: 'running' } });
  assert.equal(nodeIn(run, 'f'), nodeIn(run, 'f'));
});
