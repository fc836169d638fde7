// The moments that the slider stops at: the last change of each stretch of time.

import type { Times } from '../api/memory';

export interface Moment {
  readonly at: string;
  readonly count: number;
}

/** Of all layers together, oldest first. */
export function momentsOf(times: Times): Moment[] {
  const byStretch = new Map<number, Moment>();
  for (const stretches of Object.values(times.stretches)) {
    for (const [n, count, at] of stretches) {
      const old = byStretch.get(n);
      byStretch.set(n, { at: old && Date.parse(old.at) > Date.parse(at) ? old.at : at, count: (old?.count ?? 0) + count });
    }
  }
  return [...byStretch.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Near the right end it is now; else the last change before, or the first there is. */
export function reachable(moments: readonly Moment[], ms: number, share: number): string | null {
  if (share > 0.985 || moments.length === 0) return null;
  const before = moments.filter(moment => Date.parse(moment.at) <= ms);
  return (before.at(-1) ?? moments[0]!).at;
}

/** Where a key leads; undefined when it is not one of the slider’s. Now is after the last change. */
export function stepFrom(moments: readonly Moment[], at: string | null, key: string): string | null | undefined {
  const here = at === null ? moments.length : moments.findIndex(moment => Date.parse(moment.at) >= Date.parse(at));
  const to: Record<string, number> = {
    ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1,
    PageDown: here - 10, PageUp: here + 10, Home: 0, End: moments.length
  };
  if (!(key in to)) return undefined;
  const n = Math.max(0, to[key]!);
  return n >= moments.length ? null : moments[n]!.at;
}
