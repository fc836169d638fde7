import { type ReactElement, useEffect, useState } from 'react';
import { asProblem, type Host, type Problem } from '../api/host';
import { type Times, timesOf } from '../api/triggers';
import { WithCode } from '../parts/Notice';
import { DAYS, HOURS, MINUTES, needsZone, REPEATS, type Repeat, said, type Wish } from './repeat';
import { TimeList } from './ScheduleDetail';
import { Field } from './Field';
import { viewersZone } from './words';

interface WhenFieldsProps {
  wish: Wish;
  zone: string;
  onWish(wish: Wish): void;
  onZone(zone: string): void;
}

/** When it is to run, as people say it. */
export function WhenFields({ wish, zone, onWish, onZone }: WhenFieldsProps): ReactElement {
  const set = (change: Partial<Wish>): void => onWish({ ...wish, ...change });
  return (
    <>
      <Field label="When">
        {tie => (
          <select {...tie} value={wish.repeat} onChange={event => set({ repeat: event.target.value as Repeat })}>
            {Object.entries(REPEATS).map(([repeat, word]) => (
              <option key={repeat} value={repeat}>
                {word}
              </option>
            ))}
          </select>
        )}
      </Field>
      {wish.repeat === 'minutes' && (
        <Every label="Minutes" numbers={MINUTES} value={wish.minutes} onChange={minutes => set({ minutes })} />
      )}
      {wish.repeat === 'hours' && (
        <Every label="Hours" numbers={HOURS} value={wish.hours} onChange={hours => set({ hours })} />
      )}
      {wish.repeat === 'week' && <Days days={wish.days} onChange={days => set({ days })} />}
      {wish.repeat === 'month' && (
        <Field label="Day" help={wish.dayOfMonth > 28 ? 'Months without this day are left out.' : undefined}>
          {tie => (
            <input
              {...tie}
              type="number"
              min={1}
              max={31}
              value={wish.dayOfMonth}
              onChange={event => set({ dayOfMonth: Math.min(31, Math.max(1, Math.round(Number(event.target.value)) || 1)) })}
            />
          )}
        </Field>
      )}
      {['day', 'weekdays', 'week', 'month'].includes(wish.repeat) && (
        <Field label="At">
          {tie => (
            <input {...tie} type="time" value={wish.time} onChange={event => set({ time: event.target.value })} />
          )}
        </Field>
      )}
      {wish.repeat === 'once' && (
        <Field label="At" help={`On the clock of ${viewersZone()}`}>
          {tie => (
            <input {...tie} type="datetime-local" value={wish.at} onChange={event => set({ at: event.target.value })} />
          )}
        </Field>
      )}
      {wish.repeat === 'cron' && (
        <Field label="Cron" help="Minute, hour, day, month, weekday">
          {tie => (
            <input {...tie} type="text" spellCheck={false} value={wish.cron} onChange={event => set({ cron: event.target.value })} />
          )}
        </Field>
      )}
      {needsZone(wish) && <Zone zone={zone} onChange={onZone} />}
    </>
  );
}

interface EveryProps {
  label: string;
  numbers: readonly number[];
  value: number;
  onChange(value: number): void;
}

function Every({ label, numbers, value, onChange }: EveryProps): ReactElement {
  return (
    <Field label={label}>
      {tie => (
        <select {...tie} value={value} onChange={event => onChange(Number(event.target.value))}>
          {numbers.map(each => (
            <option key={each} value={each}>
              every {each === 1 ? label.toLowerCase().slice(0, -1) : `${each} ${label.toLowerCase()}`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Days({ days, onChange }: { days: readonly number[]; onChange(days: readonly number[]): void }): ReactElement {
  return (
    <div className="pai-TriggerField">
      <span id="pai-days">Days</span>
      <div className="pai-Choice" role="group" aria-labelledby="pai-days">
        {DAYS.map(([day, short, word]) => (
          <button
            key={day}
            type="button"
            aria-label={word}
            aria-pressed={days.includes(day)}
            onClick={() => onChange(days.includes(day) ? days.filter(each => each !== day) : [...days, day])}
          >
            {short}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Where the clock hangs. */
function Zone({ zone, onChange }: { zone: string; onChange(zone: string): void }): ReactElement {
  const zones = Intl.supportedValuesOf?.('timeZone') ?? [];
  return (
    <Field label="Clock of" help={zone === viewersZone() ? undefined : `Yours is ${viewersZone()}`}>
      {tie => (
        <>
          <input {...tie} type="text" list="pai-zones" spellCheck={false} value={zone} onChange={event => onChange(event.target.value)} />
          <datalist id="pai-zones">
            {zones.map(each => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

const SOON_MS = 250;

/** The next five times of what is wished, or what is wrong with it; a moment after the last key. */
export function Preview({ host, wish, zone, now }: { host: Host; wish: Wish; zone: string; now: number }): ReactElement {
  const [found, setFound] = useState<Times | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = said(wish);
  const key = JSON.stringify([asked, zone]);

  useEffect(() => {
    setProblem(null);
    if ('missing' in asked) return setFound(null);
    let isStopped = false;
    const timer = setTimeout(() => {
      timesOf(host, { ...asked, zone }).then(
        times => !isStopped && setFound(times),
        error => {
          if (isStopped) return;
          setFound(null);
          setProblem(asProblem(error));
        }
      );
    }, SOON_MS);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [host, key]);

  return (
    <div className="pai-NextTimes" role="status" aria-label="The next times">
      {'missing' in asked ? (
        <p className="pai-quiet">{asked.missing}</p>
      ) : problem ? (
        <p className="pai-NextTimes-problem">
          {problem.message} <WithCode text={problem.remedy} />
        </p>
      ) : found?.times.length === 0 ? (
        <p className="pai-NextTimes-problem">This time is over.</p>
      ) : (
        found && (
          <>
            {found.words && <b>{found.words}</b>}
            <TimeList times={found.times} now={now} />
          </>
        )
      )}
    </div>
  );
}
