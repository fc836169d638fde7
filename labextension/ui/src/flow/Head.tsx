import type { ReactElement } from 'react';
import type { Command } from '../api/control';
import { hasEnded } from '../api/runs';
import type { RunView } from '../contracts/events';
import { count, duration, exactTime, secondsBetween } from '../format';
import { useStore } from '../live/store';
import { useNow } from '../live/useNow';
import { RunControl } from '../panels/RunControl';
import { busy } from '../parts/Do';
import { CopyId } from '../parts/small';
import { StateMark, stateWord } from '../parts/StateMark';
import { editCount, NO_EDITS } from './edits';
import { useRunView, useScene } from './scene';
import { shownStatus } from './wait';

interface HeadProps {
  /** Why the flow can't be run now; null if it can; absent where there is no kernel to run it. */
  runIs?: { disabledBecause: string | null; isOpen: boolean; onClick(): void };
  /** The run before the one that is shown, if one can go back to it. */
  onBack: (() => void) | null;
  /** Whether something is being asked for. */
  isBusy: boolean;
  onCommand(what: Command): void;
}

/** One line: which flow, which run, how far. */
export function Head({ runIs, isBusy, onBack, onCommand }: HeadProps): ReactElement {
  const { graph, runId } = useScene();
  const view = useRunView(live => live.view);
  const isComing = useRunView(live => live.view.seq === 0 && live.connection.state === 'connecting');
  const isOn = view.seq > 0 && !hasEnded(view.status);
  return (
    <header className="pai-FlowHead">
      {onBack && (
        <button type="button" className="pai-Button" onClick={onBack}>
          ← Earlier run
        </button>
      )}
      <h2 title={graph.name}>{graph.name}</h2>
      {runId !== null && view.seq > 0 ? (
        <RunFacts view={view} runId={runId} />
      ) : (
        <span className="pai-quiet">{count(graph.nodes.length, 'node')}</span>
      )}
      {runId !== null && isComing && <span className="pai-quiet">Loading the run…</span>}
      <span className="pai-FlowHead-room" />
      <Changes isBusy={isBusy} />
      <RunControl view={view} isBusy={isBusy} onCommand={onCommand} />
      {runIs && !isOn && (
        <>
          {runIs.disabledBecause && <span className="pai-quiet pai-FlowHead-why">{runIs.disabledBecause}</span>}
          <button
            type="button"
            className="pai-Button pai-primary pai-small"
            disabled={runIs.disabledBecause !== null}
            title={runIs.disabledBecause ?? undefined}
            aria-expanded={runIs.isOpen}
            {...busy({ isBusy })}
            onClick={runIs.onClick}
          >
            ▸ Run
          </button>
        </>
      )}
    </header>
  );
}

/** Values that were changed and not run yet. */
function Changes({ isBusy }: { isBusy: boolean }): ReactElement | null {
  const { edits, runFrom } = useScene();
  const changes = useStore(edits, editCount);
  if (changes === 0) return null;
  return (
    <>
      <span>{count(changes, 'change')}</span>
      <button type="button" className="pai-Button" onClick={() => edits.set(NO_EDITS)}>
        Discard
      </button>
      {runFrom && (
        <button type="button" className="pai-Button pai-primary pai-small" {...busy({ isBusy })} onClick={() => runFrom(null)}>
          ▸ Run with {changes === 1 ? 'it' : 'them'}
        </button>
      )}
    </>
  );
}

function RunFacts({ view, runId }: { view: RunView; runId: string }): ReactElement {
  const done = view.counts.completed + view.counts.reused;
  return (
    <>
      <StateMark state={shownStatus(view)} />
      <b className="pai-FlowHead-state" role="status">{stateWord(shownStatus(view))}</b>
      <Took view={view} />
      <span className="pai-quiet">
        {done} of {count(view.steps, 'step')}
        {view.counts.reused > 0 && `, ${view.counts.reused} reused`}
      </span>
      <CopyId id={runId} />
    </>
  );
}

function Took({ view }: { view: RunView }): ReactElement | null {
  const { started_at, ended_at } = view;
  const now = useNow(started_at !== null && ended_at === null);
  if (started_at === null) return null;
  const seconds = ended_at ? secondsBetween(started_at, ended_at) : Math.floor((now - Date.parse(started_at)) / 1000);
  if (seconds < 1 && !ended_at) return null;
  return (
    <span className="pai-quiet" title={`Started ${exactTime(started_at)}`}>
      {ended_at && 'in '}
      {duration(seconds)}
    </span>
  );
}
