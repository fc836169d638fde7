import type { ReactElement, ReactNode } from 'react';

const WORDS: Record<string, string> = {
  idle: 'Not started',
  pending: 'Not started',
  queued: 'Queued',
  running: 'Running',
  waiting: 'Waiting for you',
  resting: 'Waiting',
  paused: 'Paused',
  retrying: 'Trying again',
  completed: 'Done',
  failed: 'Failed',
  timed_out: 'Timed out',
  skipped: 'Skipped',
  cancelled: 'Cancelled',
  reused: 'Reused'
};

/** Shape + colour + word: readable without colour, and by ear. */
const SHAPES: Record<string, ReactNode> = {
  queued: <circle cx="8" cy="8" r="5.25" />,
  running: (
    <>
      <circle cx="8" cy="8" r="5.25" opacity=".3" />
      <path className="pai-turning" d="M8 2.75A5.25 5.25 0 0 1 13.25 8" />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="5" r="2.4" />
      <path d="M3.2 13.4c.5-2.9 2.4-4.2 4.8-4.2s4.3 1.3 4.8 4.2" />
    </>
  ),
  paused: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  completed: <path d="M3 8.6l3.3 3.3L13 4.8" />,
  failed: <path d="M4 4l8 8M12 4l-8 8" />,
  timed_out: (
    <>
      <circle cx="8" cy="8" r="5.25" />
      <path d="M8 5v3.2l2 1.6" />
    </>
  ),
  skipped: <path d="M3.5 8h9" />,
  cancelled: <rect x="3.5" y="3.5" width="9" height="9" rx="1" />,
  reused: <path d="M6.6 9.4l2.8-2.8M7.4 4.9l1-1a2.6 2.6 0 0 1 3.7 3.7l-1 1M8.6 11.1l-1 1a2.6 2.6 0 0 1-3.7-3.7l1-1" />
};

const SAME_SHAPE: Record<string, string> = { resting: 'timed_out', idle: 'queued', pending: 'queued', retrying: 'running' };

export function stateWord(state: string): string {
  return WORDS[state] ?? state.replaceAll('_', ' ');
}

export function StateMark({ state, word = stateWord(state) }: { state: string; word?: string }): ReactElement {
  return (
    <svg className="pai-StateMark" data-state={state} viewBox="0 0 16 16" role="img" aria-label={word}>
      <title>{word}</title>
      {SHAPES[SAME_SHAPE[state] ?? state] ?? SHAPES.queued}
    </svg>
  );
}
