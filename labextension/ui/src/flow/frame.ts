// How much of a drawing is seen at first, and how high its place is.

import type { Layout } from './layout.ts';

/** What is drawn of a node, by how far away one is. */
export type Detail = 'full' | 'bar' | 'title' | 'cell';

const FULL = 0.66;
const BAR = 0.4;
const TITLE = 0.2;

export function detailAt(zoom: number): Detail {
  if (zoom >= FULL) return 'full';
  if (zoom >= BAR) return 'bar';
  return zoom >= TITLE ? 'title' : 'cell';
}

export const LOWEST = 180;
export const HIGHEST = 520;
const MARGIN = 16;
/** From here on nobody can read the titles: better a part of the flow than all of it. */
const SMALLEST = 0.26;
/** How a part of a large flow is first seen. */
const CLOSE = 0.72;

export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

export interface Frame extends Viewport {
  height: number;
}

/**
 * The whole drawing if it can be read at that size, its beginning otherwise.
 *
 * @param height Of the place, if it is given; else the place is as high as the drawing needs.
 */
export function frame(layout: Layout, width: number, height: number | null): Frame {
  const fit = wholeOf(layout, width, height);
  return fit.zoom >= SMALLEST || layout.boxes.size < 2 ? fit : beginningOf(layout, height ?? HIGHEST);
}

/** All of it, however small. */
export function wholeOf(layout: Layout, width: number, height: number | null): Frame {
  const room = (height ?? HIGHEST) - 2 * MARGIN;
  const zoom = Math.min(1, (width - 2 * MARGIN) / layout.width, room / layout.height) || 1;
  const high = height ?? clamp(layout.height * zoom + 2 * MARGIN, LOWEST, HIGHEST);
  return {
    zoom,
    x: (width - layout.width * zoom) / 2,
    y: (high - layout.height * zoom) / 2,
    height: high
  };
}

function beginningOf(layout: Layout, room: number): Frame {
  const first = [...layout.boxes.values()].filter(box => box.x < 300);
  const top = Math.min(...first.map(box => box.y));
  const bottom = Math.max(...first.map(box => box.y + box.height));
  const height = clamp(layout.height * CLOSE + 2 * MARGIN, LOWEST, room);
  const middle = height / 2 - ((top + bottom) / 2) * CLOSE;
  const y = (bottom - top) * CLOSE > height ? MARGIN - top * CLOSE : middle;
  return { zoom: CLOSE, x: MARGIN, y, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

/** The viewport moved just so far that a box can be seen; the same object if it can be already. */
export function shifted(
  viewport: Viewport,
  box: { x: number; y: number; width: number; height: number },
  size: { width: number; height: number }
): Viewport {
  const { zoom } = viewport;
  const x = viewport.x + push(box.x * zoom + viewport.x, box.width * zoom, size.width);
  const y = viewport.y + push(box.y * zoom + viewport.y, box.height * zoom, size.height);
  return x === viewport.x && y === viewport.y ? viewport : { zoom, x, y };
}

function push(start: number, length: number, room: number): number {
  if (start < MARGIN || length > room) return MARGIN - start;
  return Math.min(0, room - MARGIN - (start + length));
}
