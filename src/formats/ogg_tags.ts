import { type FileBytes, JoinedBytes } from "./file_bytes.ts";
import { Tag } from "./tag.ts";
import { latin1, type TextReader } from "./text.ts";
import { pictureBlock, readVorbisComments } from "./vorbis_comment.ts";

const PAGE_HEADER_BYTES = 27;
/** More pages than a comment packet needs; one with large pictures has some hundreds. */
const PAGES_MAX = 4_096;
/** How many packets of metadata a FLAC in Ogg may begin with. */
const PACKETS_MAX = 64;

/** The beginnings of first packets of sound, and the number of bytes before the comments in their packet. */
const SOUNDS: readonly { readonly magic: string; readonly commentsAt: number }[] = [
  { magic: "\x01vorbis", commentsAt: 7 },
  { magic: "OpusHead", commentsAt: 8 },
  { magic: "Speex   ", commentsAt: 0 },
  { magic: "\x7fFLAC", commentsAt: 4 },
];

interface Range {
  readonly from: number;
  readonly length: number;
}

/** Reads the comments of the first sound in an Ogg file; video streams beside it are skipped. */
export function readOggTags(bytes: FileBytes, start: number, text: TextReader, tag: Tag): void {
  const stream = new SoundPackets(bytes, start);
  const sound = stream.sound;
  if (sound === undefined) return;
  const isFlac = sound.magic === "\x7fFLAC";
  let hasComments = false;
  for (let n = 0; n < PACKETS_MAX; n++) {
    const ranges = stream.next();
    if (ranges === undefined) return;
    const packet = new JoinedBytes(bytes, ranges);
    const place = { placeOf: (position: number) => packet.placeOf(position), paged: true };
    if (!isFlac) {
      return readVorbisComments(packet, sound.commentsAt, packet.size, { text, tag, place });
    }
    const [kind] = packet.view(0, 1);
    if (kind === undefined || kind === 0xff) return;
    if ((kind & 0x7f) === 4 && !hasComments) {
      hasComments = true;
      readVorbisComments(packet, sound.commentsAt, packet.size, { text, tag, place });
    } else if ((kind & 0x7f) === 6) {
      const block = pictureBlock(packet.view(4, 1_024));
      if (block !== undefined) {
        const { dataAt, ...about } = block;
        const offset = packet.placeOf(4 + dataAt);
        const length = packet.placeOf(packet.size - 1) + 1 - offset;
        tag.pictures.push({ ...about, offset, length, ...length > block.size && { paged: true } });
      }
    }
    if ((kind & 0x80) !== 0) return;
  }
}

/** The packets of a file's first sound, as ranges. Their contents are not read. */
class SoundPackets {
  readonly sound: (typeof SOUNDS)[number] | undefined;
  readonly #bytes: FileBytes;
  #at: number;
  #serial = 0;
  #pages = 0;
  /** The packets that end on the pages read so far, and the one that has begun. */
  readonly #whole: Range[][] = [];
  #begun: Range[] = [];

  constructor(bytes: FileBytes, start: number) {
    this.#bytes = bytes;
    this.#at = start;
    while (this.sound === undefined) {
      const page = this.#page();
      if (page === undefined) return;
      // The first pages of all streams come before any other page.
      if (!page.begins) return;
      const head = latin1(bytes.view(page.dataAt, 8));
      this.sound = SOUNDS.find(({ magic }) => head.startsWith(magic));
      this.#serial = page.serial;
    }
  }

  next(): Range[] | undefined {
    while (this.#whole.length === 0) {
      const page = this.#page();
      if (page === undefined) return undefined;
      if (page.serial !== this.#serial || page.begins) continue;
      let at = page.dataAt;
      let from = at;
      for (const length of page.lacing) {
        at += length;
        if (length === 255) continue;
        this.#begun.push({ from, length: at - from });
        this.#whole.push(this.#begun);
        this.#begun = [];
        from = at;
      }
      if (at > from) this.#begun.push({ from, length: at - from });
    }
    return this.#whole.shift();
  }

  #page(): { serial: number; begins: boolean; dataAt: number; lacing: Uint8Array } | undefined {
    if (this.#pages++ >= PAGES_MAX) return undefined;
    const header = this.#bytes.view(this.#at, PAGE_HEADER_BYTES);
    if (header.length < PAGE_HEADER_BYTES || latin1(header.subarray(0, 4)) !== "OggS") {
      return undefined;
    }
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const [serial, begins] = [view.getUint32(14, true), (header[5]! & 2) !== 0];
    const segments = header[26]!;
    const lacing = this.#bytes.view(this.#at + PAGE_HEADER_BYTES, segments);
    const dataAt = this.#at + PAGE_HEADER_BYTES + segments;
    this.#at = dataAt + lacing.reduce((sum, length) => sum + length, 0);
    return this.#at > this.#bytes.size ? undefined : { serial, begins, dataAt, lacing };
  }
}
