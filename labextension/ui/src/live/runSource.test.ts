import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../api/host';
import { followRun } from './runSource';

/** A page's double: frames are drawn when the test says so. */
function page(t: { after(done: () => void): void }): () => void {
  const frames: FrameRequestCallback[] = [];
  globalThis.requestAnimationFrame = callback => frames.push(callback);
  globalThis.cancelAnimationFrame = () => frames.splice(0);
  t.after(() => {
    Reflect.deleteProperty(globalThis, 'requestAnimationFrame');
    Reflect.deleteProperty(globalThis, 'cancelAnimationFrame');
  });
  return () => frames.splice(0).forEach(frame => frame(0));
}

function envelope(seq: number, node: string | null, event: object): string {
  return JSON.stringify({ seq, run: 'r', at: '2026-01-01T00:00:00Z', owner: 'ada', caller: 'ada', path: null, node, attempt: 1, event });
}

function followed() {
  const socket = { close: () => {} } as { close(): void; onmessage?(message: { data: string }): void };
  const host = { socket: () => socket } as unknown as Host;
  const { run, stop } = followRun(host, 'r');
  return { run, stop, send: (...events: string[]) => events.forEach(data => socket.onmessage?.({ data })) };
}

test('many events are told at once, and only what they are about changes', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const draw = page(t);
  const { run, send, stop } = followed();
  const started = { type: 'node.started', block: 'b', worker: 'w' };
  send(envelope(1, 'a', started), envelope(2, 'b', started));
  draw();
  const before = run.get().view;
  let told = 0;
  run.subscribe(() => told++);

  send(...Array.from({ length: 50 }, (_, n) => envelope(3 + n, 'a', { type: 'node.progressed', done: n, total: 50 })));
  draw();
  assert.equal(told, 0, 'the picture before is too fresh');
  t.mock.timers.tick(50);
  draw();

  assert.equal(told, 1);
  assert.equal(run.get().view.nodes['a']?.progress?.done, 49);
  assert.equal(run.get().view.nodes['b'], before.nodes['b'], 'the same object: whoever shows b need not look');
  stop();
});

test('an event after a pause is told with the next frame', t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const draw = page(t);
  const { run, send, stop } = followed();
  for (const seq of [1, 2]) {
    t.mock.timers.tick(1000);
    send(envelope(seq, 'a', { type: 'node.started', block: 'b', worker: 'w' }));
    draw();
    assert.equal(run.get().view.seq, seq);
  }
  stop();
});

test('after stop nothing is told any more', t => {
  const draw = page(t);
  const { run, send, stop } = followed();
  send(envelope(1, 'a', { type: 'node.started', block: 'b', worker: 'w' }));
  stop();
  draw();
  assert.equal(run.get().view.seq, 0);
});
