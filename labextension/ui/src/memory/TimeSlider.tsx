import { type KeyboardEvent, type PointerEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { Host } from '../api/host';
import { changeTimes, type Times } from '../api/memory';
import { count } from '../format';
import { momentsOf, reachable, stepFrom } from './moments';
import { momentWords } from './words';

interface TimeSliderProps {
  readonly host: Host;
  /** Another one when something has changed. */
  readonly mark: string;
  readonly at: string | null;
  readonly isVisible: boolean;
  onAt(at: string | null): void;
}

const SPANS: readonly (readonly [string, number | null])[] = [
  ['Hour', 3600e3], ['Day', 86400e3], ['Week', 7 * 86400e3], ['All', null]
];

/** Puts the whole tree into the past. It stops where something changed; the right end is now. */
export function TimeSlider({ host, mark, at, isVisible, onAt }: TimeSliderProps): ReactElement | null {
  const [span, setSpan] = useState<number | null>(null);
  const times = useTimes(host, mark, span, isVisible);
  const track = useRef<HTMLDivElement>(null);
  const moments = useMemo(() => (times ? momentsOf(times) : []), [times]);
  if (!times?.since) return null;
  const from = Number(new Date(times.since));
  const until = Math.max(Number(new Date(times.until)), from + 1);
  const place = (when: string | null): number => (when === null ? 1 : Math.min(1, Math.max(0, (Number(new Date(when)) - from) / (until - from))));
  const most = Math.max(1, ...moments.map(moment => moment.count));

  function drag(event: PointerEvent): void {
    const box = track.current?.getBoundingClientRect();
    if (!box || !(event.buttons & 1)) return;
    const share = (event.clientX - box.left) / box.width;
    onAt(reachable(moments, from + share * (until - from), share));
  }

  function keyDown(event: KeyboardEvent): void {
    const next = stepFrom(moments, at, event.key);
    if (next === undefined) return;
    event.preventDefault();
    onAt(next);
  }

  return (
    <div className="pai-Time">
      <div className="pai-Time-line">
        <div
          ref={track}
          className="pai-Time-track"
          role="slider"
          tabIndex={0}
          aria-label="Moment that is shown"
          aria-valuemin={0}
          aria-valuemax={moments.length}
          aria-valuenow={at === null ? moments.length : moments.findIndex(moment => moment.at >= at)}
          aria-valuetext={at === null ? 'Now' : momentWords(at)}
          title="Drag, or use the arrow keys, to see memory as it was"
          onPointerDown={event => {
            event.currentTarget.setPointerCapture(event.pointerId);
            drag(event);
          }}
          onPointerMove={drag}
          onKeyDown={keyDown}
        >
          {moments.map(moment => (
            <i
              key={moment.at}
              style={{ left: `${place(moment.at) * 100}%`, height: 3 + Math.round(9 * Math.sqrt(moment.count / most)) }}
              title={`${momentWords(moment.at)}: ${count(moment.count, 'change')}`}
            />
          ))}
          <b style={{ left: `${place(at) * 100}%` }} />
        </div>
      </div>
      <div className="pai-Time-foot">
        <span>{momentWords(times.since)}</span>
        <select
          aria-label="How far back"
          value={String(span)}
          onChange={event => setSpan(event.target.value === 'null' ? null : Number(event.target.value))}
        >
          {SPANS.map(([word, ms]) => (
            <option key={word} value={String(ms)}>
              {word}
            </option>
          ))}
        </select>
        <span>now</span>
      </div>
    </div>
  );
}

function useTimes(host: Host, mark: string, span: number | null, isVisible: boolean): Times | null {
  const [times, setTimes] = useState<Times | null>(null);
  useEffect(() => {
    if (!isVisible) return;
    let isStopped = false;
    const since = span === null ? null : new Date(Date.now() - span).toISOString();
    changeTimes(host, since).then(
      found => isStopped || setTimes(found),
      () => undefined // told by the panel, which asks the same server all the time
    );
    return () => {
      isStopped = true;
    };
  }, [host, mark, span, isVisible]);
  return times;
}
