import type { ReactElement } from 'react';
import type { Command } from '../api/control';
import { hasEnded } from '../api/runs';
import type { RunView } from '../contracts/events';
import { haltOf } from '../flow/within';
import { busy } from '../parts/Do';

interface RunControlProps {
  view: RunView;
  isBusy: boolean;
  onCommand(what: Command): void;
}

/** Pause, resume, step, cancel: what fits the state of the run, in one place always. */
export function RunControl({ view, isBusy, onCommand }: RunControlProps): ReactElement | null {
  if (view.seq === 0 || hasEnded(view.status)) return null;
  const isPaused = view.status === 'paused';
  const isPausing = !isPaused && view.pausing_by !== null;
  return (
    <div className="pai-RunControl" role="group" aria-label="Control of the run">
      {isPausing && (
        <span className="pai-quiet" role="status" title={`${view.pausing_by} wants it to pause; what is under way may finish first`}>
          Pausing…
        </span>
      )}
      {isPaused || isPausing ? (
        <button type="button" className="pai-Button" title={isPaused ? 'Go on from here' : 'Do not pause after all'} {...busy({ isBusy })} onClick={() => onCommand('resume')}>
          ▸ Resume
        </button>
      ) : (
        <button type="button" className="pai-Button" title="Start nothing more; what is under way may finish" {...busy({ isBusy })} onClick={() => onCommand('pause')}>
          Pause
        </button>
      )}
      {isPaused && (
        <button type="button" className="pai-Button" title="Run the next node only, then pause" {...busy({ isBusy })} onClick={() => onCommand('step')}>
          Step
        </button>
      )}
      <button type="button" className="pai-Button" title="Stop it for good; what is recorded is kept" {...busy({ isBusy })} onClick={() => onCommand('cancel')}>
        Cancel
      </button>
    </div>
  );
}

/** Why it lies still, and who wanted that. */
export function Paused({ view }: { view: RunView }): ReactElement | null {
  if (view.status !== 'paused') return null;
  const halt = haltOf(view);
  return (
    <p className="pai-Paused" role="status">
      {view.reason?.startsWith('paused') ? `P${view.reason.slice(1)}` : `Paused: ${view.reason}`}
      {halt.when && <> when <code>{halt.when}</code></>}
      {halt.trouble && ` (the condition could not be told: ${halt.trouble})`}. Nothing of it runs, and it
      keeps as long as you like.
    </p>
  );
}
