/** Pixels from left to right and from top to bottom, four bytes each: red, green, blue and opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** For each pixel of a smaller line, which pixels of the larger one it covers, and how much of them. */
interface Coverage {
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** The shares of the first and of the last of them; all of those between. */
  readonly firstShare: Float64Array;
  readonly lastShare: Float64Array;
}

/**
 * A picture in a smaller size, of which neither side is larger than before. Each pixel is the mean of the area that it
 * covers, so that fine patterns turn into even tones. What can be seen through is put on white.
 */
export function reduced({ width, height, rgba }: Pixels, to: Omit<Pixels, "rgba">): Pixels {
  const across = coverage(width, to.width);
  const down = coverage(height, to.height);
  const result = new Uint8Array(to.width * to.height * 4).fill(255);
  const isOpaque = !hasTransparency(rgba);
  const line = new Float64Array(to.width * 3);
  const sums = new Float64Array(to.width * 3);
  const area = (width / to.width) * (height / to.height);
  for (let y = 0, above = -1; y < to.height; y++) {
    sums.fill(0);
    for (let from = down.first[y]!; from <= down.last[y]!; from++) {
      // The last line of one row may also be the first of the next.
      if (from !== above) reduceLine(rgba, from * width * 4, isOpaque, across, line);
      above = from;
      const share = from === down.first[y]
        ? down.firstShare[y]!
        : from === down.last[y]
        ? down.lastShare[y]!
        : 1;
      for (let i = 0; i < sums.length; i++) sums[i]! += line[i]! * share;
    }
    for (let i = 0, at = y * to.width * 4; i < sums.length; i += 3, at += 4) {
      result[at] = sums[i]! / area + 0.5;
      result[at + 1] = sums[i + 1]! / area + 0.5;
      result[at + 2] = sums[i + 2]! / area + 0.5;
    }
  }
  return { ...to, rgba: result };
}

function reduceLine(
  rgba: Uint8Array,
  start: number,
  isOpaque: boolean,
  { first, last, firstShare, lastShare }: Coverage,
  into: Float64Array,
): void {
  for (let x = 0, i = 0; x < first.length; x++, i += 3) {
    const begin = first[x]!;
    const end = last[x]!;
    let red = 0, green = 0, blue = 0;
    for (let from = begin, at = start + begin * 4; from <= end; from++, at += 4) {
      const share = from === begin ? firstShare[x]! : from === end ? lastShare[x]! : 1;
      const opacity = isOpaque ? share : share * rgba[at + 3]! / 255;
      const white = isOpaque ? 0 : (share - opacity) * 255;
      red += rgba[at]! * opacity + white;
      green += rgba[at + 1]! * opacity + white;
      blue += rgba[at + 2]! * opacity + white;
    }
    into[i] = red;
    into[i + 1] = green;
    into[i + 2] = blue;
  }
}

function coverage(from: number, to: number): Coverage {
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const firstShare = new Float64Array(to);
  const lastShare = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    // Whole numbers are divided last: so no rounding leads beyond the picture.
    const begin = i * from / to;
    const end = (i + 1) * from / to;
    first[i] = Math.floor(begin);
    last[i] = Math.max(first[i]!, Math.ceil(end) - 1);
    firstShare[i] = Math.min(end, first[i]! + 1) - begin;
    lastShare[i] = end - last[i]!;
  }
  return { first, last, firstShare, lastShare };
}

function hasTransparency(rgba: Uint8Array): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return true;
  return false;
}
