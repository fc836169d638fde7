import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import { command } from '../api/control';
import type { Host } from '../api/host';
import { hasEnded } from '../api/runs';
import { age, ago, count, duration, exactTime, secondsBetween } from '../format';
import type { RunView } from '../contracts/events';
import type { Connection } from '../live/stream';
import { FlowView } from '../flow/FlowView';
import { shownStatus } from '../flow/wait';
import { useAction } from '../live/action';
import { useRun } from '../live/useRun';
import { Refused } from '../parts/Do';
import { Notice, Skeleton, Strip } from '../parts/Notice';
import { CopyId } from '../parts/small';
import { StateMark, stateWord } from '../parts/StateMark';
import { Ended } from './Ended';
import { EventList } from './EventList';
import { NodeRow } from './NodeRow';
import { Answered } from '../people/Answered';
import { QuestionCard } from '../people/QuestionCard';
import { Recovered } from './Recovered';
import { Replayed } from './Replayed';
import { Stranded } from './Stranded';
import { Paused, RunControl } from './RunControl';

/** So many nodes of flows inside are listed: those under way or failed, the last ones. */
const MOST_INNER = 20;

export type RunShape = 'list' | 'graph';

interface RunDetailProps {
  host: Host;
  runId: string;
  now: number;
  shape: RunShape;
  onShape(shape: RunShape): void;
  onBack(): void;
}

/** One run, as a list of what happens or as the graph of its flow. */
export function RunDetail(props: RunDetailProps): ReactElement {
  const { host, runId, shape, onShape, onBack } = props;
  const root = useRef<HTMLElement>(null);

  useEffect(() => root.current?.querySelector<HTMLElement>('button')?.focus(), []);

  function keyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onBack();
  }

  return (
    <section ref={root} className="pai-RunDetail" data-shape={shape} onKeyDown={keyDown}>
      {shape === 'list' ? (
        <Listed {...props} />
      ) : (
        <>
          <header className="pai-RunHead">
            <BackButton onBack={onBack} />
            <h2>All runs</h2>
            <Shapes shape={shape} onShape={onShape} />
          </header>
          <FlowView host={host} runId={runId} fill />
        </>
      )}
    </section>
  );
}

function BackButton({ onBack }: { onBack(): void }): ReactElement {
  return (
    <button type="button" className="pai-Icon" aria-label="Back to all runs" onClick={onBack}>
      ←
    </button>
  );
}

const SHAPES: Record<RunShape, string> = { list: 'List', graph: 'Graph' };

function Shapes({ shape, onShape }: Pick<RunDetailProps, 'shape' | 'onShape'>): ReactElement {
  return (
    <div className="pai-Choice" role="group" aria-label="Show as">
      {(Object.keys(SHAPES) as RunShape[]).map(each => (
        <button key={each} type="button" aria-pressed={each === shape} onClick={() => onShape(each)}>
          {SHAPES[each]}
        </button>
      ))}
    </div>
  );
}

/** Its nodes and its events, as they happen. */
function Listed({ host, runId, now, shape, onShape, onBack }: RunDetailProps): ReactElement {
  const { view, latest, connection } = useRun(host, runId);
  const commanding = useAction();
  return (
    <>
      <header className="pai-RunHead">
        <BackButton onBack={onBack} />
        <StateMark state={shownStatus(view)} />
        <h2>{view.flow || 'Run'}</h2>
        <RunControl view={view} isBusy={commanding.isBusy} onCommand={what => commanding.run(() => command(host, runId, what))} />
        <Shapes shape={shape} onShape={onShape} />
      </header>
      <Refused by={commanding} />
      <Lost connection={connection} now={now} />
      {view.seq === 0 ? <Nothing connection={connection} onBack={onBack} /> : (
        <>
          <Facts runId={runId} view={view} now={now} />
          <Stranded view={view} />
          <Paused view={view} />
          <Questions host={host} runId={runId} view={view} />
          <Fate view={view} />
          <ul>
            {Object.entries(view.nodes).map(([id, node]) => (
              <NodeRow key={id} id={id} node={node} run={view.status} now={now} />
            ))}
            {Object.entries(view.inner)
              .filter(([, { status }]) => !['completed', 'skipped', 'reused'].includes(status))
              .slice(-MOST_INNER)
              .map(([id, node]) => (
                <NodeRow key={id} id={id} node={node} run={view.status} now={now} />
              ))}
          </ul>
          <EventList events={latest} total={view.seq} />
        </>
      )}
    </>
  );
}

function Lost({ connection, now }: { connection: Connection; now: number }): ReactElement | null {
  if (connection.state !== 'lost') return null;
  return <Strip>Connection lost, data is {age(connection.since, now)} old. Reconnecting…</Strip>;
}

function Nothing({ connection, onBack }: { connection: Connection; onBack(): void }): ReactElement {
  if (connection.state === 'refused') {
    return (
      <Notice title={connection.reason} kind="error" action={{ label: 'Back to all runs', onClick: onBack }}>
        <p>It may belong to another workspace or runtime.</p>
      </Notice>
    );
  }
  return <Skeleton />;
}

function Facts({ runId, view, now }: { runId: string; view: RunView; now: number }): ReactElement {
  return (
    <div className="pai-Facts">
      <b>{stateWord(shownStatus(view))}</b>
      {view.started_at && (
        <span title={exactTime(view.started_at)}>
          {view.ended_at
            ? `in ${duration(secondsBetween(view.started_at, view.ended_at))}`
            : `started ${ago(view.started_at, now)}`}
        </span>
      )}
      <span>
        {view.counts.completed + view.counts.reused} of {count(view.steps, 'step')}
      </span>
      <CopyId id={runId} />
    </div>
  );
}

/** What it survived, or what it died of. */
function Fate({ view }: { view: RunView }): ReactElement {
  return (
    <>
      {view.replayed && <Replayed replayed={view.replayed} />}
      {view.recoveries.map(recovery => (
        <Recovered key={recovery.at} recovery={recovery} />
      ))}
      <Ended view={view} />
    </>
  );
}

/** What the run asks, and what it was answered. */
function Questions({ host, runId, view }: { host: Host; runId: string; view: RunView }): ReactElement {
  return (
    <>
      {Object.entries({ ...view.nodes, ...view.inner }).map(([id, { question }]) => {
        if (!question) return null;
        if (question.answer !== null) return <Answered key={question.id} node={id} question={question} />;
        if (hasEnded(view.status)) return null;
        return <QuestionCard key={question.id} host={host} runId={runId} node={id} question={question} />;
      })}
    </>
  );
}
