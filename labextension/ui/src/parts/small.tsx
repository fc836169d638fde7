import { type ReactElement, useState } from 'react';
import { ago, exactTime, shortId } from '../format';

export function Ago({ at, now }: { at: string; now: number }): ReactElement {
  return (
    <time className="pai-quiet" dateTime={at} title={exactTime(at)}>
      {ago(at, now)}
    </time>
  );
}

/** An id, shortened; a click copies it whole. */
export function CopyId({ id }: { id: string }): ReactElement {
  const [isCopied, setCopied] = useState(false);

  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  }

  return (
    <button type="button" className="pai-CopyId" title={`Copy ${id}`} onClick={() => void copy()}>
      {isCopied ? 'copied' : shortId(id)}
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

export function CancelButton({ flow, onClick }: { flow: string; onClick(): void }): ReactElement {
  return (
    <button type="button" className="pai-Icon" title="Cancel this run" aria-label={`Cancel ${flow}`} onClick={onClick}>
      <svg viewBox="0 0 16 16" width="12" height="12" fill="currentColor" aria-hidden="true">
        <rect x="3" y="3" width="10" height="10" rx="1.5" />
      </svg>
    </button>
  );
}
