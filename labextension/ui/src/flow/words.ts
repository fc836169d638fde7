import type { Json } from '../contracts/events';

/** A value in one line, cut after so many characters. */
export function shortJson(value: Json, most: number): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

export function jsonEquals(one: Json, other: Json): boolean {
  return one === other || canonical(one) === canonical(other);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inside: unknown) =>
    typeof inside === 'object' && inside !== null && !Array.isArray(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inside
  );
}
