import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { NOTHING_KNOWN, type Envelope, type RunView } from '../contracts/events.ts';
import { reduce, reduceAll } from './reduce.ts';

// The working directory is `labextension/ui`, as for every script of this package.
const FIXTURES = process.env['PERSISTENTAI_FIXTURES'] ?? '../../tests/events/fixtures';

interface Fixture {
  events: Envelope[];
  view: RunView;
}

for (const file of readdirSync(FIXTURES)) {
  const fixture = (): Fixture => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8'));

  test(`${file}: events one by one make the expected view`, () => {
    const { events, view } = fixture();
    assert.deepEqual(events.reduce(reduce, NOTHING_KNOWN), view);
  });

  test(`${file}: all at once makes the same view`, () => {
    const { events, view } = fixture();
    assert.deepEqual(reduceAll(NOTHING_KNOWN, events), view);
  });

  test(`${file}: events seen already change nothing`, () => {
    const { events, view } = fixture();
    const seen = reduceAll(NOTHING_KNOWN, events);
    assert.equal(reduceAll(seen, events), seen);
    assert.deepEqual(seen, view);
  });

  test(`${file}: no view that was handed out changes later`, () => {
    const { events } = fixture();
    let view = NOTHING_KNOWN;
    for (const envelope of events) {
      const before = structuredClone(view);
      const next = reduce(view, envelope);
      assert.deepEqual(view, before);
      view = next;
    }
  });
}

test('there are fixtures', () => assert.ok(readdirSync(FIXTURES).length > 3));
