import type { Point } from '../contracts/graph';

/** Half of what a long edge runs straight where it passes a column of nodes. */
const STRAIGHT = 106;

/** A line from left to right, past the bends between its ends. */
export function path(from: Point, to: Point, bends: readonly Point[]): string {
  let way = `M${from.x} ${from.y}`;
  let at = from;
  for (const bend of bends) {
    const [left, right] = [bend.x - STRAIGHT, bend.x + STRAIGHT];
    if (left <= at.x || right >= to.x) continue;
    way += curve(at, { x: left, y: bend.y }) + `L${right} ${bend.y}`;
    at = { x: right, y: bend.y };
  }
  return way + curve(at, to);
}

function curve(from: Point, to: Point): string {
  // An edge that runs back leaves its node to the right all the same.
  const half = Math.max((to.x - from.x) / 2, 28);
  return `C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`;
}
