import assert from 'node:assert/strict';
import { test } from 'node:test';
import { value } from './example';
import { shownOf, wordsOf } from './value';

test('numbers, truth and short texts take no room', () => {
  assert.deepEqual(shownOf(value({ preview: 3.5 })), { kind: 'scalar', text: '3.5' });
  assert.deepEqual(shownOf(value({ preview: false })), { kind: 'scalar', text: 'false' });
  assert.deepEqual(shownOf(value({ preview: 'penguins' })), { kind: 'scalar', text: 'penguins' });
});

test('an empty text is not blank', () => {
  assert.deepEqual(shownOf(value({ preview: '', size: 2 })), { kind: 'scalar', text: '(empty text)' });
});

test('nothing is told from what cannot be shown', () => {
  assert.deepEqual(shownOf(value({ size: 4 })), { kind: 'scalar', text: 'nothing' });
  assert.equal(shownOf(value({ size: 9000 })).kind, 'opaque');
  assert.equal(wordsOf(value({ media_type: 'application/x-thing', size: 9000 })), 'application/x-thing, 9.0 kB');
});

test('the head of a table and a list of objects are tables', () => {
  const head = { columns: ['a', 'b'], rows: [[1, 2]] };
  assert.deepEqual(shownOf(value({ head })), { kind: 'table', columns: ['a', 'b'], rows: [[1, 2]], isWhole: false });
  const shown = shownOf(value({ preview: [{ a: 1 }, { a: 2, b: 'x' }] }));
  assert.deepEqual(shown, { kind: 'table', columns: ['a', 'b'], rows: [[1, null], [2, 'x']], isWhole: true });
});

test('an object that happens to have columns is no table', () => {
  assert.equal(shownOf(value({ preview: { columns: 3, rows: 4 } })).kind, 'pairs');
});

test('a flat object is pairs, a nested one JSON', () => {
  assert.equal(shownOf(value({ preview: { a: 1, b: null } })).kind, 'pairs');
  assert.equal(shownOf(value({ preview: { a: [1] } })).kind, 'json');
});

test('the beginning of a long text says that it is only that', () => {
  assert.deepEqual(shownOf(value({ head: 'Once upon' })), { kind: 'text', text: 'Once upon', isWhole: false });
});

test('an image is fetched by its hash; one without is only named', () => {
  assert.deepEqual(shownOf(value({ media_type: 'image/png', sha256: 'f' })), { kind: 'image', sha256: 'f' });
  assert.equal(shownOf(value({ media_type: 'image/png' })).kind, 'opaque');
});

test('what the server says of a value comes first', () => {
  assert.equal(wordsOf(value({ about: '344 × 8 table' })), '344 × 8 table');
  assert.equal(wordsOf(value({ preview: [1, 2] })), 'list of 2');
});

test('what is left of a value that expired says what it was', () => {
  const expired_at = '2027-03-01T00:00:00Z';
  const image = value({ media_type: 'image/png', sha256: 'ab', size: 2000, expired_at });

  assert.equal(shownOf(image).kind, 'opaque');
  assert.equal(wordsOf(image), 'image/png, 2.0 kB, no longer kept');
  assert.equal(wordsOf(value({ about: '344 × 8 table', expired_at })), '344 × 8 table, no longer kept');
});
