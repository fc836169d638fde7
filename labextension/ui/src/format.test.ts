import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, ahead, bytes, count, duration, shortId } from './format';

const NOW = Date.UTC(2026, 10, 23, 12);

test('times are relative, and short', () => {
  const words = [0, 12, 75, 7300, 200_000].map(s => ago(NOW - s * 1000, NOW));
  assert.deepEqual(words, ['now', '12 s ago', '1 min ago', '2 h ago', '2 d ago']);
});

test('what is to come is told to the nearest: of three days, two are not left a second later', () => {
  const words = [0, 59, 100, 3599, 86_399, 3 * 86_400 - 1, 2.4 * 86_400].map(s => ahead(NOW + s * 1000, NOW));
  assert.deepEqual(words, ['now', 'in 59 s', 'in 2 min', 'in 1 h', 'in 1 d', 'in 3 d', 'in 2 d']);
});

test('a clock that is ahead of ours says now, not minus', () => {
  assert.equal(ago(NOW + 5000, NOW), 'now');
});

test('numbers have units', () => {
  assert.deepEqual([0.08, 1.44, 42, 190].map(duration), ['80 ms', '1.4 s', '42 s', '3 min']);
});

test('sizes have units', () => {
  assert.deepEqual([0, 820, 1440, 52_147, 9_960_000].map(bytes), ['0 B', '820 B', '1.4 kB', '52 kB', '10.0 MB']);
});

test('one is not many', () => {
  assert.deepEqual([0, 1, 2].map(n => count(n, 'step')), ['0 steps', '1 step', '2 steps']);
});

test('a short id stays whole', () => {
  assert.equal(shortId('r-12345'), 'r-12345');
  assert.equal(shortId('r-0123456789abcdef'), 'r-01234567…');
});
