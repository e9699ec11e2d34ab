import { concat, crc, littleEndian, utf8 } from "./bytes.ts";

const SEGMENTS_MAX = 255;
const crc32 = crc(0x04c11db7, 32);

/** A packet, and the position in samples that is reached once it is decoded. */
export interface OggPacket {
  bytes: Uint8Array;
  position: number;
  /** Whether the next packet starts a new page, as the headers of a stream demand. */
  endsPage?: boolean;
}

/** The pages of one logical stream with these packets (RFC 3533). Each packet must fit into a page (64 KB). */
export function oggStream(serial: number, packets: readonly OggPacket[]): Uint8Array<ArrayBuffer> {
  const pages: Uint8Array[] = [];
  let waiting: OggPacket[] = [];
  let segments = 0;
  const flush = (last: boolean) => {
    pages.push(page(serial, pages.length, waiting, last));
    waiting = [];
    segments = 0;
  };
  packets.forEach((packet, index) => {
    const needed = Math.floor(packet.bytes.length / 255) + 1;
    if (needed > SEGMENTS_MAX) throw new RangeError("Cannot put a packet of 64 KB into one page");
    if (segments + needed > SEGMENTS_MAX) flush(false);
    waiting.push(packet);
    segments += needed;
    const last = index === packets.length - 1;
    if (last || packet.endsPage) flush(last);
  });
  return concat(pages);
}

function page(serial: number, sequence: number, packets: OggPacket[], last: boolean) {
  const lacing = packets.flatMap(({ bytes }) => [
    ...new Array<number>(Math.floor(bytes.length / 255)).fill(255),
    bytes.length % 255,
  ]);
  const flags = (sequence === 0 ? 2 : 0) | (last ? 4 : 0);
  const out = concat([
    utf8("OggS"),
    Uint8Array.of(0, flags),
    littleEndian(packets.at(-1)!.position, 8),
    littleEndian(serial, 4),
    littleEndian(sequence, 4),
    new Uint8Array(4),
    Uint8Array.of(lacing.length),
    Uint8Array.from(lacing),
    ...packets.map(({ bytes }) => bytes),
  ]);
  out.set(littleEndian(crc32(out), 4), 22);
  return out;
}
