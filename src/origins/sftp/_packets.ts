/**
 * Packets of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02), as far as a reader needs
 * them. A packet starts with its length (uint32), its type (byte) and the number of its request (uint32).
 *
 * @module
 */

export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  fstat: 8,
  opendir: 11,
  readdir: 12,
  realpath: 16,
  stat: 17,
  extended: 200,
} as const;

export const REPLY = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 201,
} as const;

export const STATUS = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

export const SFTP_VERSION = 3;
export const OPEN_FOR_READING = 1;

const LINE_CHARACTERS_MAX = 200;
/** The draft's limit; every request about a file carries its handle. */
const HANDLE_BYTES_MAX = 256;

const KIND = { mask: 0o170000, directory: 0o040000, file: 0o100000 } as const;
const HAS = { size: 1, owner: 2, mode: 4, times: 8, extended: 0x80000000 } as const;

/** What a server says about a file. It may leave out any of this. */
export interface SftpAttributes {
  readonly size: number | undefined;
  readonly mode: number | undefined;
  readonly mtime_s: number | undefined;
}

export interface SftpEntry extends SftpAttributes {
  /** The name's bytes as the server has them, in whatever encoding. */
  readonly name: Uint8Array<ArrayBuffer>;
}

export function isDirectory({ mode }: SftpAttributes): boolean {
  return mode !== undefined && (mode & KIND.mask) === KIND.directory;
}

export function isRegularFile({ mode }: SftpAttributes): boolean {
  return mode !== undefined && (mode & KIND.mask) === KIND.file;
}

/** Whether the server does not say what kind of file it is. */
export function isOfUnknownKind({ mode }: SftpAttributes): boolean {
  return mode === undefined || (mode & KIND.mask) === 0;
}

/** A complete packet. A number is written as uint32, a bigint as uint64, bytes as a string with its length. */
export function packet(
  type: number,
  ...fields: readonly (number | bigint | Uint8Array)[]
): Uint8Array<ArrayBuffer> {
  let length = 5;
  for (const field of fields) length += lengthOf(field);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length - 4);
  bytes[4] = type;
  let at = 5;
  for (const field of fields) {
    if (typeof field === "number") view.setUint32(at, field);
    else if (typeof field === "bigint") view.setBigUint64(at, field);
    else {
      view.setUint32(at, field.length);
      bytes.set(field, at + 4);
    }
    at += lengthOf(field);
  }
  return bytes;
}

/** The kind of a file according to its line in the style of `ls -l`, for servers that leave out the mode. */
function kindOfLine(line: Uint8Array): number | undefined {
  const shown = /^([d-])[rwxsStT-]{9}/.exec(new TextDecoder("latin1").decode(line.subarray(0, 10)));
  if (shown === null) return undefined;
  return shown[1] === "d" ? KIND.directory : KIND.file;
}

function lengthOf(field: number | bigint | Uint8Array): number {
  return typeof field === "number" ? 4 : typeof field === "bigint" ? 8 : 4 + field.length;
}

/** Reads the fields of a packet one after the other. Throws RangeError when it would read past the end. */
export class PacketReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  /** @param bytes the packet without its length */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8)));
  }

  /** The bytes of a string, as a view of the packet. */
  string(): Uint8Array<ArrayBuffer> {
    const length = this.uint32();
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(): string {
    return new TextDecoder().decode(this.string());
  }

  handle(): Uint8Array<ArrayBuffer> {
    const handle = this.string();
    if (handle.length <= HANDLE_BYTES_MAX) return handle;
    throw new RangeError(`Cannot take a handle of ${handle.length} bytes`);
  }

  /** A text for people, cut to a short line without control characters, since it ends up in logs and on terminals. */
  line(): string {
    return this.text().slice(0, LINE_CHARACTERS_MAX).replace(/\p{C}+/gu, " ").trim();
  }

  attributes(): SftpAttributes {
    const flags = this.uint32();
    const size = flags & HAS.size ? this.uint64() : undefined;
    if (flags & HAS.owner) this.#skip(8);
    const mode = flags & HAS.mode ? this.uint32() : undefined;
    if (flags & HAS.times) this.#skip(4);
    const mtime_s = flags & HAS.times ? this.uint32() : undefined;
    if (flags & HAS.extended) {
      for (let left = this.uint32(); left > 0; left--) {
        this.string();
        this.string();
      }
    }
    return { size, mode, mtime_s };
  }

  entries(): SftpEntry[] {
    const entries: SftpEntry[] = [];
    for (let left = this.uint32(); left > 0; left--) {
      const name = this.string();
      const line = this.string();
      const attributes = this.attributes();
      const mode = attributes.mode ?? kindOfLine(line);
      entries.push({ name, ...attributes, mode });
    }
    return entries;
  }

  #skip(length: number): number {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) {
      throw new RangeError("Cannot read a packet: it is cut short");
    }
    return from;
  }
}
