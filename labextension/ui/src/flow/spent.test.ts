import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spentWords } from './spent.ts';

test('tokens are counted and money is told in its currency', () => {
  assert.deepEqual(spentWords({ tokens: 1200, EUR: 12500, USD: 3_000_000 }), ['1,200 tokens', '0.0125 EUR', '3.00 USD']);
  assert.deepEqual(spentWords({}), []);
});
