import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asProblem, fetchJson, type Host, Problem, wordsOf } from './host';

function answering(answer: () => Promise<Response>): Host {
  return { fetch: answer, socket: () => ({}) as WebSocket };
}

const asked = (answer: () => Promise<Response>): Promise<Problem> =>
  fetchJson(answering(answer), 'x').then(
    () => assert.fail('it was not refused'),
    error => error as Problem
  );

test('what the server refuses comes with its own words and remedy', async () => {
  const body = JSON.stringify({ code: 'conflict', detail: 'Somebody was first.', remedy: 'Look again.' });
  const problem = await asked(async () => new Response(body, { status: 409 }));
  assert.deepEqual([problem.code, wordsOf(problem), problem.status], ['conflict', 'Somebody was first. Look again.', 409]);
});

test('a page to log in is no answer', async () => {
  const problem = await asked(async () => new Response('<html>Log in</html>'));
  assert.match(wordsOf(problem), /log in again/);
});

test('what Jupyter refuses without words has a remedy all the same', async () => {
  assert.match(wordsOf(await asked(async () => new Response('Forbidden', { status: 403 }))), /403.*log in again/);
});

test('a connection that breaks, before or in the answer, is told as such', async () => {
  const broken = new ReadableStream({ start: stream => stream.error(new TypeError('network error')) });
  assert.equal((await asked(() => Promise.reject(new TypeError('Failed to fetch')))).code, 'offline');
  assert.equal((await asked(async () => new Response(broken))).code, 'offline');
});

test('who never answers is not waited for for ever', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let signal: AbortSignal | null | undefined;
  const host: Host = {
    fetch: (_, init) => new Promise((_, refuse) => {
      signal = init?.signal;
      signal?.addEventListener('abort', () => refuse(new Error('aborted')));
    }),
    socket: () => ({}) as WebSocket
  };
  const problem = fetchJson(host, 'x').catch(asProblem);
  t.mock.timers.tick(600_000);
  assert.equal(((await problem) as Problem).code, 'silent');
  assert.equal(signal?.aborted, true);
});

test('an empty answer is one', async () => {
  assert.equal(await fetchJson(answering(async () => new Response('')), 'x'), null);
});

test('what a kernel says is a problem like any other', () => {
  assert.equal(wordsOf({ code: 'kernel_gone', message: 'It is gone.', remedy: 'Run the cell.' }), 'It is gone. Run the cell.');
  assert.equal(wordsOf('what'), 'what');
});
