import assert from 'node:assert/strict';
import test from 'node:test';

import { shownState, shownStatus, waitOf } from './wait.ts';

const none = { since: '2026-11-24T10:00:00Z', due: null, signal: null, match: {}, number: null, run: null };
const plain = (at: string): string => at;

test('a node that sleeps says until when', () => {
  const wait = { ...none, kind: 'timer', due: '2026-11-25T10:00:00Z' };

  assert.equal(waitOf({ status: 'waiting', wait }, plain), 'until 2026-11-25T10:00:00Z');
  assert.equal(waitOf({ status: 'completed', wait }, plain), '');
});

test('a node that waits for a signal says which, and for how long at most', () => {
  const wait = { ...none, kind: 'signal', signal: 'paid', match: { order: 17 } };

  assert.equal(waitOf({ status: 'waiting', wait }, plain), 'for the signal “paid” with {"order":17}');
  const limited = { ...wait, match: {}, due: 'noon' };
  assert.equal(waitOf({ status: 'waiting', wait: limited }, plain), 'for the signal “paid”, at most until noon');
});

test('a node that waits for a person says nothing of its own', () => {
  assert.equal(waitOf({ status: 'waiting', wait: null }, plain), '');
});

test('who waits for a time or a signal is not shown as waiting for a person', () => {
  const wait = { ...none, kind: 'timer', due: 'noon' };
  assert.equal(shownState({ status: 'waiting', wait }, 'waiting'), 'resting');
  assert.equal(shownState({ status: 'waiting', wait: null }, 'running'), 'waiting');

  const asks = { question: { answer: null } } as never;
  const answered = { question: { answer: 'yes' } } as never;
  assert.equal(shownStatus({ status: 'waiting', nodes: { answered }, inner: {} }), 'resting');
  assert.equal(shownStatus({ status: 'waiting', nodes: {}, inner: { asks } }), 'waiting');
  assert.equal(shownStatus({ status: 'running', nodes: { asks }, inner: {} }), 'running');
});

test('of a paused run no node is shown as running, but what ended or waits is', () => {
  assert.equal(shownState({ status: 'running', wait: null }, 'paused'), 'paused');
  assert.equal(shownState({ status: 'retrying', wait: null }, 'paused'), 'paused');
  assert.equal(shownState({ status: 'completed', wait: null }, 'paused'), 'completed');
  assert.equal(shownState({ status: 'waiting', wait: null }, 'paused'), 'waiting');
  assert.equal(shownState({ status: 'running', wait: null }, 'running'), 'running');
});
