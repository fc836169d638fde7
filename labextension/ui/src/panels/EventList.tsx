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
            <span className="pai-Event-what" title={place(node, event) ? `${event.type} at ${place(node, event)}` : event.type}>
              <b>
                <bdi>{place(node, event) ?? subject(event.type)}</bdi>
              </b>{' '}
              <span>{verb(event.type)}</span>
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

/** Where it happened: at a node, or, of a breakpoint, at all nodes inside that are alike. */
function place(node: string | null, event: Envelope['event']): string | null {
  return node ?? ('inside' in event ? event.inside : null);
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
