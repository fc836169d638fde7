import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elements } from './elements';
import { graph, node } from './example';
import { fitting } from './fitting';
import { portRows, shownInputs } from './geometry';
import { familyHue } from './hue';
import { place } from './layout';
import { path } from './path';
import { namesOf } from './scene';

test('a family has the hue of its picture in a saved notebook', () => {
  // As `crc32(family) % 8` of persistentai_lab/notebook/picture.py says.
  assert.deepEqual(['csv.read', 'text.join', 'lists.of', 'statistics.summary'].map(familyHue), HUES);
});
const HUES = [7, 7, 5, 2];

test('an edge to what does not exist is left out, not drawn to nowhere', () => {
  const broken = { ...graph('a>b'), edges: [{ source: { node: 'gone', port: 'result' }, target: { node: 'b', port: 'a' } }] };
  assert.deepEqual(elements(broken, place(broken, false)).edges, []);
});

test('a node shows what is fed or set, and leaves the rest to the inspector', () => {
  const many = node('z', Array.from({ length: 30 }, (_, n) => `s${n}`));
  assert.ok(shownInputs(many).length < 12);
  const unset = { ...many, inputs: many.inputs.map(input => ({ ...input, source: null, required: false })) };
  assert.equal(shownInputs(unset).length, 0);
});

test('every edge has a row to arrive at, also those that share the last one', () => {
  const many = node('z', Array.from({ length: 30 }, (_, n) => `s${n}`));
  const rows = portRows(many).inputs;
  assert.equal(rows.size, 30);
  assert.equal(rows.get('s20'), rows.get('s29'));
  assert.ok(rows.get('s0')! < rows.get('s1')!);
});

test('nodes of the same title are called by their ids', () => {
  const twins = graph('a>b', 'b>c');
  const named = { ...twins, nodes: twins.nodes.map(each => ({ ...each, title: each.id === 'c' ? 'Join' : 'Table' })) };
  assert.deepEqual(['a', 'b', 'c', 'gone'].map(namesOf(named)), ['a', 'b', 'Join', 'gone']);
});

test('a line runs straight past a column in which it has a bend', () => {
  assert.ok(path({ x: 0, y: 0 }, { x: 900, y: 0 }, [{ x: 450, y: 50 }]).includes('L562 50'));
  assert.ok(!path({ x: 0, y: 0 }, { x: 100, y: 0 }, [{ x: 50, y: 50 }]).includes('L'));
});

test('letters shrink until the longest word has room, but can still be read', () => {
  assert.equal(fitting('Join', 150, 28), 28);
  assert.ok(fitting('bootstrap_chinstrap', 150, 28) < 28);
  assert.equal(fitting('x'.repeat(100), 150, 28), 16);
});
