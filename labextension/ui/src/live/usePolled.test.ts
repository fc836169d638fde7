import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { poll } from './usePolled';

const answered = (): Promise<void> => new Promise(done => setImmediate(done));

function polled(t: TestContext, everyMs: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: { answer(data: string): void; refuse(error: unknown): void }[] = [];
  const told: string[] = [];
  const ask = { current: () => new Promise<string>((answer, refuse) => asked.push({ answer, refuse })) };
  const stop = poll(ask, everyMs, { found: data => told.push(data), failed: problem => told.push(`no: ${problem.message}`) });
  return { asked, told, stop };
}

test('an answer that comes after the end is not told: it is about what was before', async t => {
  const { asked, told, stop } = polled(t, 1000);
  stop();
  asked[0]!.answer('old');
  await answered();
  t.mock.timers.tick(60_000);
  assert.deepEqual(told, []);
  assert.equal(asked.length, 1);
});

test('two questions are never on their way', async t => {
  const { asked, told, stop } = polled(t, 1000);
  t.mock.timers.tick(60_000);
  assert.equal(asked.length, 1);
  asked[0]!.answer('a');
  await answered();
  t.mock.timers.tick(1000);
  assert.deepEqual([asked.length, told], [2, ['a']]);
  stop();
});

test('what is asked once an hour is asked again soon when it failed', async t => {
  const { asked, told, stop } = polled(t, 3_600_000);
  asked[0]!.refuse(new Error('away'));
  await answered();
  t.mock.timers.tick(3000);
  assert.equal(asked.length, 2);
  asked[1]!.answer('here');
  await answered();
  t.mock.timers.tick(60_000);
  assert.deepEqual([asked.length, told], [2, ['no: away', 'here']]);
  stop();
});
