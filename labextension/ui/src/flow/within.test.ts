import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING_KNOWN } from '../contracts/events.ts';
import { UNKNOWN_NODE } from '../events/reduce.ts';
import { alike, haltOf, heldInside, pointsAt } from './within.ts';

test('items, rounds and attempts of a node are alike', () => {
  assert.equal(alike('each/17/fetch'), 'each/*/fetch');
  assert.equal(alike('repeat/3.until/test'), 'repeat/*.until/test');
  assert.equal(alike('each/@2/0/when/then/part/@3/body/look'), 'each/*/when/then/part/body/look');
  assert.equal(alike('each/*/fetch'), 'each/*/fetch');
});

test('a node has the breakpoints of all its like, and those of one item', () => {
  const ada = { by: 'ada', when: null };
  const view = {
    ...NOTHING_KNOWN,
    nodes: { 'part/load': { ...UNKNOWN_NODE, breakpoint: ada } },
    breakpoints: { 'each/*/fetch': { by: 'ada', when: 'n > 3' }, 'each/2/fetch': ada, 'each/2/save': ada }
  };

  assert.deepEqual(
    pointsAt(view, 'each/*/fetch').map(point => [point.at, point.when]),
    [
      ['each/*/fetch', 'n > 3'],
      ['each/2/fetch', null]
    ]
  );
  assert.deepEqual(pointsAt(view, 'part/load'), [{ at: 'part/load', ...ada }]);
});

test('of a halt its condition is told, that of one item before that of all', () => {
  const view = {
    ...NOTHING_KNOWN,
    status: 'paused' as const,
    inner: { 'each/2/fetch': { ...UNKNOWN_NODE, is_held: true, held_because: 'no JSON' } },
    breakpoints: { 'each/*/fetch': { by: 'ada', when: 'n > 3' }, 'each/2/fetch': { by: 'ada', when: 'n > 5' } }
  };

  assert.deepEqual(haltOf(view), { when: 'n > 5', trouble: 'no JSON' });
  assert.deepEqual(haltOf({ ...view, inner: {} }), { when: null, trouble: null });
});

test('a run lies still before a node inside only while it is paused', () => {
  const inner = { 'each/1/fetch': { ...UNKNOWN_NODE, is_held: true } };

  assert.equal(heldInside({ ...NOTHING_KNOWN, inner, status: 'paused' }), 'each/1/fetch');
  assert.equal(heldInside({ ...NOTHING_KNOWN, inner, status: 'running' }), null);
});
