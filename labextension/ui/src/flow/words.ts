import type { Json } from '../contracts/events';

/** A value in one line, cut after so many characters. */
export function shortJson(value: Json, most: number): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
