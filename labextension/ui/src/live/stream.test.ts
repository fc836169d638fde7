import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connection, readEvents } from './stream';

/** A server's double: what it holds, and the sockets that were opened. */
class Server {
  sockets: Socket[] = [];
  constructor(readonly held: number) {}

  open = (after: number): WebSocket => {
    const socket = new Socket(after);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  get last(): Socket {
    return this.sockets.at(-1)!;
  }
}

class Socket {
  onopen?: () => void;
  onmessage?: (message: { data: string }) => void;
  onclose?: (closing: { code: number }) => void;
  constructor(readonly after: number) {}

  send(...seqs: number[]): void {
    for (const seq of seqs) this.onmessage?.({ data: JSON.stringify({ seq }) });
  }

  close(code = 1005): void {
    this.onclose?.({ code });
  }
}

function read(server: Server) {
  const seen: number[] = [];
  const states: string[] = [];
  const stop = readEvents<{ seq: number }>({
    open: server.open,
    onEvent: event => seen.push(event.seq),
    onConnection: (connection: Connection) => states.push(connection.state)
  });
  server.last.onopen?.();
  return { seen, states, stop };
}

for (const code of [1006, 1012, 1013, 1011]) {
  test(`goes on from the last event after close code ${code}`, t => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const server = new Server(5);
    const { seen, states, stop } = read(server);

    server.last.send(1, 2);
    server.last.close(code);
    t.mock.timers.tick(1000);
    server.last.onopen?.();
    server.last.send(3, 4);

    assert.deepEqual(server.sockets.map(socket => socket.after), [0, 2]);
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.deepEqual(states, ['connecting', 'live', 'lost', 'live']);
    stop();
  });
}

test('an event that was seen is not given twice', () => {
  const server = new Server(5);
  const { seen, stop } = read(server);

  server.last.send(1, 2, 2, 1, 3);

  assert.deepEqual(seen, [1, 2, 3]);
  stop();
});

test('a gap is not taken: reading starts again before it', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server(5);
  const { seen, stop } = read(server);

  server.last.send(1, 3);
  t.mock.timers.tick(1000);
  server.last.send(2, 3);

  assert.deepEqual(server.sockets.map(socket => socket.after), [0, 1]);
  assert.deepEqual(seen, [1, 2, 3]);
  stop();
});

test('a slow reader goes on at once, and is not told that the connection is lost', () => {
  const server = new Server(5);
  const { states, stop } = read(server);

  server.last.send(1);
  server.last.close(4408);

  assert.equal(server.last.after, 1);
  assert.ok(!states.includes('lost'));
  stop();
});

test('the end of the run ends the reading', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server(5);
  const { states } = read(server);

  server.last.close(1000);
  t.mock.timers.tick(60_000);

  assert.equal(server.sockets.length, 1);
  assert.equal(states.at(-1), 'ended');
});

test('waits longer from try to try, and is quick again after an event', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server(5);
  const { stop } = read(server);

  for (let i = 0; i < 8; i++) {
    server.last.close(1006);
    t.mock.timers.tick(10_000);
  }
  const opened = server.sockets.length;
  server.last.close(1006);
  t.mock.timers.tick(5_000);
  assert.equal(server.sockets.length, opened, 'a server that was long away is not hammered');
  t.mock.timers.tick(5_000);
  server.last.send(1);
  server.last.close(1006);
  t.mock.timers.tick(400);

  assert.equal(server.sockets.length, opened + 2);
  stop();
});

test('once stopped, nothing is opened or given any more', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server(5);
  const { seen, stop } = read(server);

  stop();
  server.last.send(1);
  t.mock.timers.tick(60_000);

  assert.deepEqual(seen, []);
  assert.equal(server.sockets.length, 1);
});
