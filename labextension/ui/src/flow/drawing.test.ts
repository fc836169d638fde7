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

test('a node is called as a person called it, else by its title, if no other has the same', () => {
  const nodes = [
    { ...node('letter'), block: 'cell:write', title: 'Write' },
    { ...node('join_2'), block: 'text.join', title: 'Join' },
    { ...node('table'), block: 'text.table', title: 'Table' },
    { ...node('table_2'), block: 'text.table', title: 'Table' },
    { ...node('inner/read'), block: 'csv.read', title: 'Read CSV' }
  ];
  const nameOf = namesOf({ ...graph(), nodes });
  assert.deepEqual(nodes.map(({ id }) => nameOf(id)), ['letter', 'Join', 'table', 'table_2', 'Read CSV']);
  assert.equal(nameOf('gone'), 'gone');
});

test('a line runs straight past a column in which it has a bend', () => {
  assert.ok(path({ x: 0, y: 0 }, { x: 900, y: 0 }, [{ x: 450, y: 50 }]).includes('L556 50'));
  assert.ok(!path({ x: 0, y: 0 }, { x: 100, y: 0 }, [{ x: 50, y: 50 }]).includes('L'));
});

test('letters shrink until the longest word has room, but can still be read', () => {
  assert.equal(fitting('Join', 150, 28), 28);
  assert.ok(fitting('bootstrap_chinstrap', 150, 28) < 28);
  assert.equal(fitting('x'.repeat(100), 150, 28), 16);
});
