const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in words short enough for a list: `now`, `12 s ago`, `3 h ago`, `2 d ago`. */
export function ago(then: string | number, now: number): string {
  const seconds = Math.max(0, Math.round((now - Number(new Date(then))) / 1000));
  if (seconds < 3) return 'now';
  return `${span(seconds)} ago`;
}

/** How long until then, to the nearest: `in 3 h`, `in 2 d`, `now` when it has come. */
export function ahead(then: string | number, now: number): string {
  const seconds = Math.round((Number(new Date(then)) - now) / 1000);
  return seconds < 1 ? 'now' : `in ${span(seconds + half(seconds))}`;
}

/** How old something is, at least a second: `1 s`, `3 min`. */
export function age(then: number, now: number): string {
  return span(Math.max(1, Math.round((now - then) / 1000)));
}

/** A length of time with its unit: `80 ms`, `1.4 s`, `3 min`, `2 h`, `5 d`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return span(Math.round(seconds));
}

/** Half of the unit in which so much is told: with it, what is cut off rounds. */
function half(seconds: number): number {
  return seconds < MINUTE ? 0 : (seconds < HOUR ? MINUTE : seconds < DAY ? HOUR : DAY) / 2;
}

function span(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** An id that can be told from its neighbours, and no longer. */
export function shortId(id: string): string {
  return id.length <= 11 ? id : `${id.slice(0, 10)}…`;
}

/** Made once: `toLocaleString` makes one for each call, which is most of what a row of a list costs. */
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function exactTime(at: string): string {
  return EXACT.format(new Date(at));
}

/** A size with its unit: `820 B`, `52 kB`, `1.4 MB`. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${size < 10 && unit ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

export function count(n: number, one: string): string {
  return `${n.toLocaleString()} ${one}${n === 1 ? '' : 's'}`;
}

export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Number(new Date(to)) - Number(new Date(from))) / 1000);
}
