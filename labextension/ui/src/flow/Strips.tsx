import type { ReactElement } from 'react';
import { Problem } from '../api/host';
import { hasEnded } from '../api/runs';
import type { RunView } from '../contracts/events';
import { age, count } from '../format';
import type { Connection } from '../live/stream';
import { useNow } from '../live/useNow';
import { Strip } from '../parts/Notice';
import { QuestionCard } from '../people/QuestionCard';
import { Ended } from '../panels/Ended';
import { Recovered } from '../panels/Recovered';
import { Replayed } from '../panels/Replayed';
import { Paused } from '../panels/RunControl';
import { RuntimeNotice } from '../panels/RuntimeNotice';
import { Stranded } from '../panels/Stranded';
import { useRunView, useScene } from './scene';

/** What concerns the run as a whole, above its graph: what a person has to decide first. */
export function Strips(): ReactElement | null {
  const view = useRunView(live => live.view);
  const connection = useRunView(live => live.connection);
  if (view.seq === 0) return <Unreached connection={connection} />;
  return (
    <div className="pai-Strips">
      <Lost connection={connection} />
      <Stranded view={view} />
      <Paused view={view} />
      <Questions view={view} />
      {view.replayed && <Replayed replayed={view.replayed} />}
      <Recoveries view={view} />
      <Ended view={view} />
      <Unread view={view} />
    </div>
  );
}

const SILENT = new Problem('offline', 'The runtime does not answer.', 'Trying again…');

/** Nothing is known of the run yet; the graph of its flow may be there all the same. */
function Unreached({ connection }: { connection: Connection }): ReactElement | null {
  const { host } = useScene();
  if (connection.state === 'refused') return <Strip>{connection.reason} You see its flow only.</Strip>;
  return connection.state === 'lost' ? <RuntimeNotice host={host} problem={SILENT} onUp={noop} /> : null;
}

const noop = (): void => {};

function Lost({ connection }: { connection: Connection }): ReactElement | null {
  const now = useNow(connection.state === 'lost');
  if (connection.state !== 'lost') return null;
  return <Strip>Connection lost, what you see is {age(connection.since, now)} old. Reconnecting…</Strip>;
}

/** More than so many questions would leave no room for the graph. */
const MOST_QUESTIONS = 2;

function Questions({ view }: { view: RunView }): ReactElement | null {
  const { host, runId } = useScene();
  if (runId === null || hasEnded(view.status)) return null;
  const open = Object.entries({ ...view.nodes, ...view.inner }).filter(([, { question }]) => question && question.answer === null);
  return (
    <>
      {open.slice(0, MOST_QUESTIONS).map(
        ([id, { question }]) =>
          question && <QuestionCard key={question.id} host={host} runId={runId} node={id} question={question} />
      )}
      {open.length > MOST_QUESTIONS && <Strip>{count(open.length - MOST_QUESTIONS, 'more question')}, on the nodes.</Strip>}
    </>
  );
}

function Recoveries({ view }: { view: RunView }): ReactElement | null {
  const last = view.recoveries.at(-1);
  if (!last) return null;
  const earlier = view.recoveries.slice(0, -1);
  return (
    <>
      {earlier.length > 0 && (
        <details className="pai-Earlier">
          <summary>Stopped and resumed {count(earlier.length, 'time')} before</summary>
          {earlier.map(recovery => (
            <Recovered key={recovery.at} recovery={recovery} />
          ))}
        </details>
      )}
      <Recovered recovery={last} />
    </>
  );
}

/** A newer runtime may say more than this page understands. */
function Unread({ view }: { view: RunView }): ReactElement | null {
  const types = Object.keys(view.unread);
  if (types.length === 0) return null;
  const total = Object.values(view.unread).reduce((sum, n) => sum + n, 0);
  return (
    <p className="pai-Earlier" title={types.join(', ')}>
      {count(total, 'event')} of a newer release not shown. Reload the page after an update.
    </p>
  );
}
