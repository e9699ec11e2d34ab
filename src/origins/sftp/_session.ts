import { messageOf } from "../../base/mod.ts";
import { OriginUnreachable } from "../origin.ts";
import {
  OPEN_FOR_READING,
  packet,
  PacketReader,
  REPLY,
  REQUEST,
  SFTP_VERSION,
  type SftpAttributes,
  type SftpEntry,
  STATUS,
} from "./_packets.ts";
import { SftpStatus } from "./_status.ts";
import { SftpFiles } from "./_files.ts";
import { SftpHandles } from "./_handles.ts";
import { PacketAssembler } from "./_framing.ts";
import { FlightWindow } from "./_window.ts";

/** The longest reply that is accepted: a longer one comes from an attacker, or is not SFTP. */
const REPLY_BYTES_MAX = 4 * 1024 * 1024;
/** What every server gives in one READ (section 3 of the draft), and what is requested of servers that give more. */
const READ_BYTES_SURE = 32 * 1024;
const READ_BYTES_MAX = 256 * 1024;
/** How many bytes of a shell's output a message shows. */
const TEXT_BYTES_MAX = 80;
const LIMITS = "limits@openssh.com";
const utf8 = new TextEncoder();

/** A stream of bytes in both directions, as ssh2's channels are. */
export interface SftpChannel {
  write(bytes: Uint8Array): unknown;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "close", listener: () => void): unknown;
}

export type SftpHandle = Uint8Array<ArrayBuffer>;

interface Waiting {
  resolve(reply: PacketReader): void;
  reject(error: Error): void;
  readonly expected: number;
}

/**
 * A conversation with an SFTP server. Any number of requests may be under way; the number of an answer leads to its
 * request. Once the channel is closed, all requests reject with the reason.
 */
export class SftpSession {
  readonly #channel: SftpChannel;
  readonly #letGo: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: Error | undefined;
  #lastHeard = performance.now();
  readonly #replies = new PacketAssembler(REPLY_BYTES_MAX, (packet) => this.#answer(packet));
  /** The most bytes that one READ requests. */
  readBytes = READ_BYTES_SURE;
  readonly window: FlightWindow = new FlightWindow();
  readonly files: SftpFiles = new SftpFiles(this);
  readonly #handles = new SftpHandles(() => this.files.clear());
  /** The paths of open files, for servers that describe files by path alone. */
  readonly #paths = new Map<string, Uint8Array>();
  #hasFstat = true;
  #isAgreed = false;

  private constructor(channel: SftpChannel, letGo: () => void) {
    this.#channel = channel;
    this.#letGo = letGo;
    channel.on("data", (bytes) => this.#receive(bytes));
    channel.on(
      "close",
      () => this.end(new OriginUnreachable("Cannot go on with SFTP: the connection was closed")),
    );
  }

  /**
   * Starts a session: agrees with the server on a version and on sizes. `letGo` is called once, when the session has
   * ended.
   */
  static async start(channel: SftpChannel, letGo: () => void): Promise<SftpSession> {
    const session = new SftpSession(channel, letGo);
    return await session.#agree().then(() => session, (error) => {
      throw session.end(error instanceof OriginUnreachable ? error : nonsense(error));
    });
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Whether a caller waits for a handle to be closed. */
  get isShortOfHandles(): boolean {
    return this.#handles.isWanted;
  }

  /** For how long nothing has come from the server, in ms. */
  get silence_ms(): number {
    return performance.now() - this.#lastHeard;
  }

  async open(path: Uint8Array): Promise<SftpHandle> {
    const handle = await this.#handles.open(async () =>
      (await this.#ask(REPLY.handle, REQUEST.open, path, OPEN_FOR_READING, 0)).handle()
    );
    this.#paths.set(keyOf(handle), path);
    return handle;
  }

  openDirectory(path: Uint8Array): Promise<SftpHandle> {
    return this.#handles.open(async () =>
      (await this.#ask(REPLY.handle, REQUEST.opendir, path)).handle()
    );
  }

  /** Closes a handle. The answer is not awaited: it changes nothing, and the server serves later requests after it. */
  close(handle: SftpHandle): void {
    this.#paths.delete(keyOf(handle));
    this.#ask(REPLY.status, REQUEST.close, handle).catch(() => {});
    this.#handles.closed();
  }

  /** Bytes of a file, possibly fewer than requested; undefined at its end. */
  async read(
    handle: SftpHandle,
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const reply = await atEnd(
      this.#ask(REPLY.data, REQUEST.read, handle, BigInt(offset), length),
    );
    return reply?.string();
  }

  /** The next entries of a directory; undefined at its end. */
  async readDirectory(handle: SftpHandle): Promise<SftpEntry[] | undefined> {
    return (await atEnd(this.#ask(REPLY.name, REQUEST.readdir, handle)))?.entries();
  }

  /** The attributes of an open file; those of its path, when the server can't tell them by handle. */
  async statHandle(handle: SftpHandle): Promise<SftpAttributes> {
    const path = this.#paths.get(keyOf(handle));
    if (!this.#hasFstat && path !== undefined) return await this.stat(path);
    try {
      return (await this.#ask(REPLY.attributes, REQUEST.fstat, handle)).attributes();
    } catch (error) {
      if (!isUnsupported(error) || path === undefined) throw error;
      this.#hasFstat = false;
      return await this.stat(path);
    }
  }

  /** The attributes of a path's target, symbolic links followed. */
  async stat(path: Uint8Array): Promise<SftpAttributes> {
    return (await this.#ask(REPLY.attributes, REQUEST.stat, path)).attributes();
  }

  /** The absolute path without symbolic links; undefined when the server can't tell. */
  async realPath(path: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let entry: SftpEntry | undefined;
    try {
      [entry] = (await this.#ask(REPLY.name, REQUEST.realpath, path)).entries();
    } catch (error) {
      if (isUnsupported(error)) return undefined;
      throw error;
    }
    if (entry === undefined) {
      throw new OriginUnreachable("Cannot use SFTP: the server gave no path");
    }
    return entry.name;
  }

  /** Ends the session. Requests under way reject with the error, which is returned. */
  end(error: Error): Error {
    if (this.#end !== undefined) return this.#end;
    this.#end = error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
    this.files.clear();
    this.#handles.end();
    this.#letGo();
    return error;
  }

  async #agree(): Promise<void> {
    const reply = this.#expect(0, REPLY.version);
    this.#channel.write(packet(REQUEST.init, SFTP_VERSION));
    const version = await reply;
    const spoken = version.uint32();
    if (spoken !== SFTP_VERSION) {
      throw new OriginUnreachable(`Cannot use SFTP: the server speaks version ${spoken}`);
    }
    this.#isAgreed = true;
    let hasLimits = false;
    while (!version.isAtEnd) {
      if (version.text() === LIMITS) hasLimits = true;
      version.string();
    }
    if (hasLimits) await this.#askLimits();
  }

  /** Asks for the server's limits. Without an answer, the sizes that every server supports are used. */
  async #askLimits(): Promise<void> {
    try {
      const reply = await this.#ask(REPLY.extended, REQUEST.extended, utf8.encode(LIMITS));
      reply.uint64();
      const readBytes = reply.uint64();
      if (readBytes > 0) this.readBytes = Math.min(readBytes, READ_BYTES_MAX);
      reply.uint64();
      const handles = reply.uint64();
      if (handles > 0) this.#handles.limit(handles);
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error;
    }
  }

  #ask(
    expected: number,
    type: number,
    ...fields: (number | bigint | Uint8Array)[]
  ): Promise<PacketReader> {
    const id = this.#lastId = this.#lastId % 0xffffffff + 1;
    const reply = this.#expect(id, expected);
    if (this.isOpen) this.#channel.write(packet(type, id, ...fields));
    return reply;
  }

  #expect(id: number, expected: number): Promise<PacketReader> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, expected }));
  }

  #receive(bytes: Uint8Array): void {
    this.#lastHeard = performance.now();
    if (!this.isOpen) return;
    try {
      this.#replies.push(bytes);
    } catch (error) {
      this.end(!this.#isAgreed && isText(bytes) ? printed(bytes) : nonsense(error));
    }
  }

  #answer(packet: Uint8Array<ArrayBuffer>): void {
    const reply = new PacketReader(packet);
    const type = reply.byte();
    const id = type === REPLY.version ? 0 : reply.uint32();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new RangeError("It answers what was not asked");
    this.#waiting.delete(id);
    if (type === REPLY.status) settleStatus(reply, waiting);
    else if (type === waiting.expected) waiting.resolve(reply);
    else {
      const error = new RangeError(`It answers with a packet of type ${type}`);
      waiting.reject(nonsense(error));
      throw error;
    }
  }
}

function settleStatus(reply: PacketReader, waiting: Waiting): void {
  try {
    const code = reply.uint32();
    const text = reply.isAtEnd ? "" : reply.line();
    if (code === STATUS.ok && waiting.expected === REPLY.status) waiting.resolve(reply);
    else waiting.reject(new SftpStatus(code, text || `Status ${code}`));
  } catch (error) {
    waiting.reject(nonsense(error));
  }
}

/** The error for an answer that does not follow the protocol. */
function nonsense(error: unknown): OriginUnreachable {
  return new OriginUnreachable(`Cannot use SFTP: ${messageOf(error)}`, { cause: error });
}

function keyOf(handle: SftpHandle): string {
  return String.fromCharCode(...handle);
}

function isUnsupported(error: unknown): boolean {
  return error instanceof SftpStatus && error.code === STATUS.unsupported;
}

/** Whether bytes are text. No SFTP conversation begins so, since its first bytes are a length. */
function isText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.subarray(0, 4).every((byte) => byte >= 0x20 || byte === 0x0a);
}

/** The error for a shell that printed text before the SFTP server answered. */
function printed(bytes: Uint8Array): OriginUnreachable {
  const said = new TextDecoder().decode(bytes.subarray(0, TEXT_BYTES_MAX))
    .replace(/\p{C}+/gu, " ").trim();
  return new OriginUnreachable(
    `Cannot use SFTP: the server prints ${
      JSON.stringify(said)
    } where SFTP should begin; its start-up files ` +
      `(.bashrc, .profile, a ForceCommand) have to print nothing when nobody is at a terminal`,
    { isPermanent: true },
  );
}

async function atEnd(reply: Promise<PacketReader>): Promise<PacketReader | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof SftpStatus && error.code === STATUS.eof) return undefined;
    throw error;
  }
}
