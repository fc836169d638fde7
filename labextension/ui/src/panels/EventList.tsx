import type { ReactElement } from 'react';
import { count, exactTime } from '../format';
import type { Envelope } from '../contracts/events';

/** The latest events of a run, newest first, with the count of what is not shown. */
export function EventList({ events, total }: { events: readonly Envelope[]; total: number }): ReactElement {
  const hidden = total - events.length;
  return (
    <>
      <h3 className="pai-Section">Events</h3>
      <ol className="pai-Events" aria-live="off">
        {[...events].reverse().map(({ seq, at, node, event }) => (
          <li key={seq} className="pai-fresh">
            <span className="pai-seq">{seq}</span>
            <span className="pai-Event-what" title={node ? `${event.type} at ${node}` : event.type}>
              <b>{node ?? subject(event.type)}</b> {verb(event.type)}
            </span>
            <time className="pai-quiet" dateTime={at} title={exactTime(at)}>
              {clock(at)}
            </time>
          </li>
        ))}
      </ol>
      {hidden > 0 && <p className="pai-Section">{count(hidden, 'earlier event')} not shown</p>}
    </>
  );
}

function subject(type: string): string {
  return type.split('.')[0] ?? type;
}

function verb(type: string): string {
  return type.slice(type.indexOf('.') + 1).replaceAll('_', ' ');
}

function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}
