// How a person says when, and the cron expression that it is. Pure, so that it can be tested.

export type Repeat = 'minutes' | 'hours' | 'day' | 'weekdays' | 'week' | 'month' | 'cron' | 'once';

/** What the form holds, whichever of it counts now. */
export interface Wish {
  readonly repeat: Repeat;
  readonly minutes: number;
  readonly hours: number;
  /** `07:30`. */
  readonly time: string;
  /** 0 is Sunday, as in cron. */
  readonly days: readonly number[];
  readonly dayOfMonth: number;
  readonly cron: string;
  /** `2030-01-31T08:00`, on the viewer's clock. */
  readonly at: string;
}

export const REPEATS: Record<Repeat, string> = {
  minutes: 'Every few minutes',
  hours: 'Every few hours',
  day: 'Every day',
  weekdays: 'Monday to Friday',
  week: 'On days of the week',
  month: 'Every month',
  once: 'Once',
  cron: 'As a cron expression'
};

/** Only what divides an hour or a day: anything else would limp at its end. */
export const MINUTES = [1, 2, 5, 10, 15, 20, 30];
export const HOURS = [1, 2, 3, 4, 6, 8, 12];

/** Monday first. */
export const DAYS: ReadonlyArray<readonly [day: number, short: string, word: string]> = [
  [1, 'Mo', 'Monday'],
  [2, 'Tu', 'Tuesday'],
  [3, 'We', 'Wednesday'],
  [4, 'Th', 'Thursday'],
  [5, 'Fr', 'Friday'],
  [6, 'Sa', 'Saturday'],
  [0, 'Su', 'Sunday']
];

export const FIRST_WISH: Wish = {
  repeat: 'weekdays',
  minutes: 15,
  hours: 1,
  time: '08:00',
  days: [1],
  dayOfMonth: 1,
  cron: '30 7 * * mon-fri',
  at: ''
};

export type Said = { cron: string } | { at: string } | { missing: string };

/** What a wish means, or what it still lacks. */
export function said(wish: Wish): Said {
  const [hour, minute] = wish.time.split(':').map(Number);
  const isTime = Number.isInteger(hour) && Number.isInteger(minute);
  const at = (rest: string): Said => (isTime ? { cron: `${minute} ${hour} ${rest}` } : { missing: 'Say at what time.' });
  switch (wish.repeat) {
    case 'minutes':
      return { cron: wish.minutes === 1 ? '* * * * *' : `*/${wish.minutes} * * * *` };
    case 'hours':
      return { cron: wish.hours === 1 ? '0 * * * *' : `0 */${wish.hours} * * *` };
    case 'day':
      return at('* * *');
    case 'weekdays':
      return at('* * mon-fri');
    case 'week':
      return wish.days.length ? at(`* * ${[...wish.days].sort().join(',')}`) : { missing: 'Say on which days.' };
    case 'month':
      return at(`${wish.dayOfMonth} * *`);
    case 'cron':
      return wish.cron.trim() ? { cron: wish.cron.trim() } : { missing: 'Write an expression of five fields.' };
    case 'once': {
      const moment = new Date(wish.at);
      return Number.isNaN(Number(moment)) ? { missing: 'Say on which day, and at what time.' } : { at: moment.toISOString() };
    }
  }
}

/** Whether the place of the clock matters. */
export function needsZone(wish: Wish): boolean {
  return wish.repeat !== 'once' && wish.repeat !== 'minutes';
}
