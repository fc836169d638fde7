import type { ReactElement } from 'react';
import { ago, exactTime, shortId } from '../format';
import { useCopy } from './copy';
import { busy } from './Do';

export function Ago({ at, now }: { at: string; now: number }): ReactElement {
  return (
    <time className="pai-quiet" dateTime={at} title={exactTime(at)}>
      {ago(at, now)}
    </time>
  );
}

/** An id, shortened; a click copies it whole, or shows it to be copied where the browser refuses that. */
export function CopyId({ id }: { id: string }): ReactElement {
  const { copied, copy, rest } = useCopy(id);
  if (copied === 'refused') {
    return (
      <input
        className="pai-CopyId"
        readOnly
        autoFocus
        value={id}
        aria-label="Id, to be copied with the keyboard"
        title="The browser lets this page copy nothing: copy it with the keyboard"
        onFocus={event => event.target.select()}
        onBlur={rest}
      />
    );
  }
  return (
    <button type="button" className="pai-CopyId" title={`Copy ${id}`} onClick={copy}>
      {copied === 'done' ? 'copied' : shortId(id)}
    </button>
  );
}

/** How far something has come; says so in numbers too. */
export function Progress({ done, total }: { done: number; total: number }): ReactElement {
  return (
    <progress
      className="pai-Progress"
      value={done}
      max={Math.max(total, 1)}
      aria-label={`${done} of ${total} steps`}
    />
  );
}

export function CancelButton({ flow, isBusy, onClick }: { flow: string; isBusy: boolean; onClick(): void }): ReactElement {
  return (
    <button type="button" className="pai-Icon" title="Cancel this run" aria-label={`Cancel ${flow}`} {...busy({ isBusy })} onClick={onClick}>
      <svg viewBox="0 0 16 16" width="12" height="12" fill="currentColor" aria-hidden="true">
        <rect x="3" y="3" width="10" height="10" rx="1.5" />
      </svg>
    </button>
  );
}
