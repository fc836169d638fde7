import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf, stopOf } from './stopped.ts';

const skipped = { status: 'skipped', skipped_by: 'race', skipped_because: 'race', lost_to: 'quick' } as const;

test('a loser says who was first, others what stopped them', () => {
  assert.equal(stopOf(skipped), 'stopped: quick was first');
  assert.equal(stopOf({ ...skipped, lost_to: null }), 'stopped: another was first');
  assert.equal(stopOf({ ...skipped, skipped_by: 'pay', skipped_because: 'failed' }), 'stopped: pay failed beside it');
  assert.equal(stopOf({ ...skipped, skipped_by: 'each', skipped_because: 'timed_out' }), 'stopped: the time of each was over');
  assert.equal(stopOf({ ...skipped, skipped_by: 'pay', skipped_because: null }), 'because of pay');
  assert.equal(stopOf({ ...skipped, status: 'running' }), '');
});

test('a circuit tells how it stands', () => {
  const circuit = { key: 'web', state: 'open', at: 'now', failures: 3, until: 'soon' };
  const told = (changes: object): string => circuitOf({ circuit: { ...circuit, ...changes } }, at => at);
  assert.equal(told({}), 'circuit “web” open after 3 failures, tried again from soon');
  assert.equal(told({ failures: 1, until: null }), 'circuit “web” open after 1 failure');
  assert.equal(told({ state: 'half_open' }), 'tries whether “web” works again');
  assert.equal(told({ state: 'closed' }), 'circuit “web” closed again');
  assert.equal(circuitOf({ circuit: null }, at => at), '');
});
