import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Host } from '../api/host';
import type { Schedule, Webhook } from '../api/triggers';
import { AllTriggers } from './AllTriggers';
import { unused } from './NewTrigger';
import { FIRST_WISH, said } from './repeat';
import { ScheduleDetail } from './ScheduleDetail';
import { byUrgency, curlOf, failuresIn, hookUrl, sampleFor, stateOf, toldWhen, whenOf } from './words';

const NOW = Number(new Date('2030-01-07T12:00:00Z'));
const nowhere: Host = { fetch: () => new Promise(() => {}), socket: () => ({}) as WebSocket };
const nothing = (): void => {};
const done = async (): Promise<void> => {};

function schedule(name: string, more: Partial<Schedule> = {}): Schedule {
  return {
    name, flow: 'report', inputs: {}, is_on: true, owner: 'ada', created_at: '2030-01-01T00:00:00Z', last_at: null,
    last_run: null, recent: [], cron: '0 8 * * *', words: 'At 08:00, every day', zone: 'Europe/Berlin', missed: 'once',
    next_at: '2030-01-08T07:00:00Z', fired: 0, skipped: 0, error: null, ...more
  };
}

function webhook(more: Partial<Webhook> = {}): Webhook {
  return {
    name: 'orders', flow: 'keep', inputs: {}, is_on: true, owner: 'ada', created_at: '2030-01-01T00:00:00Z', last_at: null,
    last_run: null, recent: [], signature: 'none', body_input: 'body', takes: { body: { type: { type: 'object' } } },
    received: 0, last_delivery: null, ...more
  };
}

const run = (status: string, n: number) => ({ run_id: `r-${n}`, status, created_at: `2030-01-0${n}T00:00:00Z` });

test('what people say is an expression, or says what it lacks', () => {
  const cron = (change: object) => said({ ...FIRST_WISH, ...change });
  assert.deepEqual(cron({ repeat: 'minutes', minutes: 15 }), { cron: '*/15 * * * *' });
  assert.deepEqual(cron({ repeat: 'hours', hours: 1 }), { cron: '0 * * * *' });
  assert.deepEqual(cron({ repeat: 'weekdays', time: '07:05' }), { cron: '5 7 * * mon-fri' });
  assert.deepEqual(cron({ repeat: 'week', days: [4, 1], time: '18:00' }), { cron: '0 18 * * 1,4' });
  assert.deepEqual(cron({ repeat: 'month', dayOfMonth: 31, time: '00:00' }), { cron: '0 0 31 * *' });
  assert.deepEqual(cron({ repeat: 'once', at: '2030-01-31T08:00:00Z' }), { at: '2030-01-31T08:00:00.000Z' });
  assert.ok('missing' in cron({ repeat: 'week', days: [] }));
  assert.ok('missing' in cron({ repeat: 'day', time: '' }));
  assert.ok('missing' in cron({ repeat: 'once', at: '' }));
});

test('what fails comes first, then what is next, and what rests last', () => {
  const all = [
    schedule('rests', { is_on: false }),
    schedule('later', { next_at: '2030-02-01T00:00:00Z' }),
    schedule('soon'),
    schedule('refused', { error: { code: 'flow_invalid', message: 'It does not fit.' } }),
    schedule('failed', { recent: [run('failed', 2)], next_at: '2030-03-01T00:00:00Z' })
  ];
  assert.deepEqual(byUrgency(all).map(each => each.name), ['refused', 'failed', 'soon', 'later', 'rests']);
  assert.equal(stateOf(webhook({ last_delivery: { at: '', named: null, status: 403, run: null, error: null } })), 'failed');
});

test('a clock elsewhere is named, the viewer’s own is not', () => {
  assert.equal(toldWhen(schedule('a'), 'Europe/Berlin'), 'At 08:00, every day');
  assert.equal(toldWhen(schedule('a'), 'Asia/Tokyo'), 'At 08:00, every day · Europe/Berlin');
  assert.match(whenOf('2031-01-08T07:00:00Z', NOW, 'en-GB'), /2031/);
  assert.doesNotMatch(whenOf('2030-01-08T07:00:00Z', NOW, 'en-GB'), /2030/);
});

test('failures are counted among the last runs', () => {
  assert.equal(failuresIn([run('completed', 1)]), '');
  assert.equal(failuresIn([run('failed', 2), run('completed', 1)]), '1 of the last 2 failed');
  assert.equal(failuresIn([run('failed', 2), run('timed_out', 1)]), 'the last 2 runs failed');
});

test('an address is where the gateway listens, and an example can be sent', () => {
  assert.equal(hookUrl('https://pai.example/', '/persistentai/hooks/x'), 'https://pai.example/persistentai/hooks/x');
  const local = curlOf('/run/gateway.sock', '/persistentai/hooks/x', webhook(), null);
  assert.match(local, /--unix-socket \/run\/gateway.sock/);
  assert.deepEqual(sampleFor(webhook()), { hello: 'world' });
  const fields = webhook({ body_input: null, inputs: { b: 1 }, takes: { a: { type: { type: 'string' } }, b: {}, c: { default: 7 } } });
  assert.deepEqual(sampleFor(fields), { a: 'text', c: 7 });
});

test('a name that is taken gets a number', () => {
  assert.equal(unused('report', []), 'report');
  assert.equal(unused('report', ['report', 'report 2']), 'report 3');
});

test('an empty panel teaches, a full one is told by ear and by eye', () => {
  const shared = { now: NOW, onKind: nothing, onNew: nothing, onOpen: nothing };
  const empty = renderToStaticMarkup(<AllTriggers kind="schedules" schedules={[]} webhooks={[]} {...shared} />);
  assert.match(empty, /pai\.schedule\(/);
  const full = renderToStaticMarkup(
    <AllTriggers kind="schedules" webhooks={[]} {...shared} schedules={[schedule('a', { recent: [run('failed', 2), run('completed', 1)] })]} />
  );
  assert.match(full, /aria-label="Last: Failed"/);
  assert.match(full, /Last runs, newest last: Done, Failed/);
  assert.match(full, /in 19 h/);
});

test('a schedule that started nothing says why and what to do', () => {
  const error = { code: 'flow_invalid', message: 'path does not fit.', remedy: 'Make it anew.' };
  const shown = renderToStaticMarkup(
    <ScheduleDetail host={nowhere} schedule={schedule('a', { error })} now={NOW} onBack={nothing} onRun={done}
      onSwitch={done} onDrop={done} onOpenRun={nothing} />
  );
  assert.match(shown, /role="alert".*path does not fit\..*Make it anew\./);
});
