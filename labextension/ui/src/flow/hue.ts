const HUES = 8;

/** One of eight hues for a family of blocks; the picture of a flow in a saved notebook takes the same. */
export function familyHue(block: string): number {
  return crc32(block.split('.', 1)[0] ?? '') % HUES;
}

function crc32(text: string): number {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
