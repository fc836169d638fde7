const SMALLEST = 16;

/** The size of letters, in pixels, at which the longest word of a bold name has room. */
export function fitting(name: string, room: number, most: number): number {
  const longest = Math.max(...name.split(/(?<=[\s_])/).map(widthOf));
  return Math.round(Math.max(SMALLEST, Math.min(most, room / longest)));
}

/** Roughly, in the height of a letter: fonts differ, and a page that measures each name is slow. */
function widthOf(word: string): number {
  let width = 0;
  for (const letter of word.trim()) width += /[mwMW]/.test(letter) ? 1.08 : /[iljtf.,:]/.test(letter) ? 0.42 : 0.7;
  return Math.max(width, 0.7);
}
