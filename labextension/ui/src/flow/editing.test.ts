import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editorFor, meaning, textOf } from './editing';

const INTEGER = { type: 'integer', minimum: 1, maximum: 10 };
const OPTIONAL = { anyOf: [{ type: 'number' }, { type: 'null' }] };

test('a type gets the editor that fits it', () => {
  assert.equal(editorFor({ type: 'string' }, 'short'), 'text');
  assert.equal(editorFor({ type: 'string' }, 'two\nlines'), 'long');
  assert.equal(editorFor({ type: 'string' }, 'x'.repeat(100)), 'long');
  assert.equal(editorFor(INTEGER, 3), 'number');
  assert.equal(editorFor({ type: 'boolean' }, true), 'boolean');
  assert.equal(editorFor({ enum: ['a', 'b'] }, 'a'), 'choice');
  assert.equal(editorFor({ type: 'array' }, []), 'json');
});

test('a type that may be left out is edited as what it is otherwise', () => {
  assert.equal(editorFor(OPTIONAL, null), 'number');
  assert.deepEqual(meaning('number', '', OPTIONAL), { value: null });
});

test('without a type the value decides', () => {
  assert.equal(editorFor({}, 'text'), 'text');
  assert.equal(editorFor({}, 4), 'number');
  assert.equal(editorFor({}, { a: 1 }), 'json');
});

test('numbers are taken as people write them, and refused by name', () => {
  assert.deepEqual(meaning('number', ' 2,5 ', {}), { value: 2.5 });
  assert.deepEqual(meaning('number', '7', INTEGER), { value: 7 });
  for (const wrong of ['seven', '', '2.5', '0', '11']) assert.ok('problem' in meaning('number', wrong, INTEGER), wrong);
});

test('JSON that is not finished is no value yet', () => {
  assert.deepEqual(meaning('json', '{"a": [1]}', {}), { value: { a: [1] } });
  assert.ok('problem' in meaning('json', '{"a": ', {}));
});

test('a choice keeps its type', () => {
  assert.deepEqual(meaning('choice', '2', { enum: [1, 2] }), { value: 2 });
  assert.deepEqual(meaning('boolean', 'false', {}), { value: false });
});

test('what an editor shows means what it was', () => {
  for (const [editor, value] of [['text', 'a'], ['number', 0.1], ['boolean', true], ['json', { a: null }]] as const) {
    assert.deepEqual(meaning(editor, textOf(editor, value), {}), { value });
  }
});

test('an empty text is a text', () => {
  assert.deepEqual(meaning('text', '', { anyOf: [{ type: 'string' }, { type: 'null' }] }), { value: '' });
});
