import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Problem } from '../api/host';
import { Action } from './action';

const REFUSED = new Problem('conflict', 'Somebody was first.', 'Look again.');
const answered = (): Promise<void> => new Promise(done => setImmediate(done));

/** An action, and what was asked for by it, to be answered by hand. */
function pressed(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 10_000_000 });
  const asked: { done(): void; refuse(error: unknown): void }[] = [];
  const action = new Action();
  const press = (): void => action.run(() => new Promise<void>((done, refuse) => asked.push({ done, refuse })));
  return { action, press, asked };
}

test('what is under way is not begun a second time', t => {
  const { action, press, asked } = pressed(t);
  press();
  press();
  t.mock.timers.tick(60_000);
  press();
  assert.equal(asked.length, 1);
  assert.equal(action.state.get().isBusy, true);
});

test('a double click is one, however quick the answer', async t => {
  const { action, press, asked } = pressed(t);
  press();
  asked[0]!.done();
  await answered();
  t.mock.timers.tick(300);
  press();
  assert.equal(asked.length, 1);

  t.mock.timers.tick(300);
  assert.equal(action.state.get().isBusy, false);
  press();
  assert.equal(asked.length, 2);
});

test('a refusal is told at once, and it can be tried again', async t => {
  const { action, press, asked } = pressed(t);
  press();
  asked[0]!.refuse(REFUSED);
  await answered();
  assert.deepEqual(action.state.get(), { isBusy: false, problem: REFUSED });

  press();
  assert.equal(action.state.get().problem, null);
  asked[1]!.done();
  await answered();
  t.mock.timers.tick(500);
  assert.deepEqual(action.state.get(), { isBusy: false, problem: null });
});

test('what fails before it has asked is told as well', async t => {
  const { action } = pressed(t);
  action.run(() => {
    throw new TypeError('no clipboard');
  });
  await answered();
  assert.match(action.state.get().problem!.message, /no clipboard/);
});

test('a clock that is set back keeps no button busy', async t => {
  const { action, press, asked } = pressed(t);
  press();
  t.mock.timers.setTime(10_000_000 - 3_600_000);
  asked[0]!.done();
  await answered();
  t.mock.timers.tick(500);
  assert.equal(action.state.get().isBusy, false);
});
