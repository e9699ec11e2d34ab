/** Joins byte strings. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** An unsigned number of `width` bytes, most significant first. */
export function bigEndian(value: number, width: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width);
  for (let i = width - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) {
    out[i] = rest % 256;
  }
  return out;
}

/** An unsigned number of `width` bytes, least significant first. */
export function littleEndian(value: number, width: number): Uint8Array<ArrayBuffer> {
  return bigEndian(value, width).reverse();
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** One byte a character; what isn't Latin-1 becomes a question mark. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) < 256 ? char.charCodeAt(0) : 63);
}

/** UTF-16 with a byte order mark, as ID3v2.3 wants text that is not Latin-1. */
export function utf16(text: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(2 + text.length * 2);
  const view = new DataView(out.buffer);
  view.setUint16(0, 0xfeff, true);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + i * 2, text.charCodeAt(i), true);
  return out;
}

/**
 * A checksum function for a polynomial of `width` bits (8, 16 or 32), most significant bit first, starting
 * at zero: FLAC's CRC-8 and CRC-16 and Ogg's CRC-32 are of this kind.
 */
export function crc(polynomial: number, width: number): (bytes: Uint8Array) => number {
  const shift = width - 8;
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
  const top = 2 ** (width - 1);
  const table = Uint32Array.from({ length: 256 }, (_, index) => {
    let value = (index << shift) >>> 0;
    for (let bit = 0; bit < 8; bit++) {
      value = value >= top ? ((value << 1) ^ polynomial) & mask : (value << 1) & mask;
      value >>>= 0;
    }
    return value;
  });
  return (bytes) => {
    let value = 0;
    for (let i = 0; i < bytes.length; i++) {
      value = (((value << 8) & mask) ^ table[((value >>> shift) ^ bytes[i]!) & 0xff]!) >>> 0;
    }
    return value;
  };
}

/** Numbers that look random and depend on the seed alone (xorshift32): `next(n)` is from 0 to n - 1. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
