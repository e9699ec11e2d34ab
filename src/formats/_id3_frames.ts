import { inflateSync } from "node:zlib";
import type { FileBytes } from "./file_bytes.ts";
import { ID3_FLAG, type Id3Header, syncSafe } from "./id3_header.ts";
import { latin1 } from "./text.ts";

/** More frames than any real tag has; a hostile one may have more. */
const FRAMES_MAX = 4_096;
/** How large a compressed frame may become. */
const INFLATED_BYTES_MAX = 256 * 1024;
/** A larger frame is not read to find out its length in the file; the frame after it is searched for. */
const COUNTED_BYTES_MAX = 64 * 1024;
/**
 * How far behind its earliest place the next frame is searched for, as a share of the large frame: pictures have a
 * byte of 255 among 256, and each may have got a zero.
 */
const SEARCH_SHARE = 1 / 16;
const SEARCH_BYTES = 4 * 1024;
/** So many frames in a row prove that the search found a real one. */
const CHAIN_FRAMES = 3;

/** A frame of a tag, under its name in versions 2.3 and 2.4. */
export interface Id3Frame {
  readonly id: string;
  readonly header: Id3Header;
  /** The size of the decoded content in bytes, as far as the header tells it. */
  readonly size: number;
  /** The range of the content in the file. */
  readonly at: number;
  readonly end: number;
  /** Whether the content stands in the file as it is, neither compressed nor unsynchronised. */
  readonly isPlain: boolean;
  /** The decoded content: all of it, or its first bytes. */
  body(): Uint8Array<ArrayBuffer>;
  head(length: number): Uint8Array<ArrayBuffer>;
  /** The place of the content in the file, beginning with byte `from`; undefined for compressed content. */
  placeOf(from: number): {
    size?: number;
    offset: number;
    length: number;
    encoding?: "unsynchronised";
  } | undefined;
}

/** The frames of a tag in their order, up to the padding or to bytes that are no frame. */
export function framesOf(bytes: FileBytes, header: Id3Header): Iterable<Id3Frame> {
  const isUnsynchronised = (header.flags & ID3_FLAG.unsynchronised) !== 0;
  if (header.version === 2 && (header.flags & ID3_FLAG.extended) !== 0) return [];
  return isUnsynchronised && header.version < 4
    ? unsynchronisedFrames(bytes, header)
    : plainFrames(bytes, header);
}

/** The frames of tags whose frame sizes count bytes of the file. */
function* plainFrames(bytes: FileBytes, header: Id3Header): Iterable<Id3Frame> {
  const { version, flags, bodyLength } = header;
  const end = Math.min(header.bodyAt + bodyLength, bytes.size);
  const headerBytes = version === 2 ? 6 : 10;
  let at = header.bodyAt;
  if ((flags & ID3_FLAG.extended) !== 0) at += extendedBytes(bytes.view(at, 10), version);
  let sizesArePlain = version !== 4;
  for (let n = 0; n < FRAMES_MAX && at + headerBytes <= end; n++) {
    const head = bytes.view(at, headerBytes);
    const id = frameId(head, 0, version);
    if (id === undefined) return;
    at += headerBytes;
    let size = version === 2 ? number(head, 3, 3) : number(head, 4, 4);
    if (version === 4) {
      const safe = syncSafe(head, 4);
      if (safe === undefined) sizesArePlain = true;
      else if (safe !== size) {
        sizesArePlain = arePlain(bytes, at, end, { safe, plain: size, sizesArePlain });
        if (!sizesArePlain) size = safe;
      }
    }
    const frameEnd = at + size;
    if (frameEnd > end) return;
    if (size > 0) {
      const frame = frameAt(bytes, header, {
        id,
        at,
        end: frameEnd,
        flags: version === 2 ? 0 : number(head, 8, 2),
      });
      if (frame !== undefined) yield frame;
    }
    at = frameEnd;
  }
}

interface FramePlace {
  readonly id: string;
  readonly at: number;
  readonly end: number;
  readonly flags: number;
}

/** The frame at a position, according to its header's flags; undefined for an encrypted one. */
function frameAt(
  bytes: FileBytes,
  header: Id3Header,
  { id, at: start, end, flags }: FramePlace,
): Id3Frame | undefined {
  const isNew = header.version === 4;
  const isGrouped = (flags & (isNew ? 0x40 : 0x20)) !== 0;
  const isCompressed = (flags & (isNew ? 0x08 : 0x80)) !== 0;
  const isEncrypted = (flags & (isNew ? 0x04 : 0x40)) !== 0;
  const hasLength = isNew ? (flags & 0x01) !== 0 || isCompressed : isCompressed;
  const isUnsynchronised = isNew &&
    ((flags & 0x02) !== 0 || (header.flags & ID3_FLAG.unsynchronised) !== 0);
  if (isEncrypted) return undefined;
  const lengthAt = start + (isGrouped && isNew ? 1 : 0);
  const at = start + (isGrouped ? 1 : 0) + (hasLength ? 4 : 0);
  if (at > end) return undefined;
  const told = hasLength ? bytes.view(lengthAt, 4) : undefined;
  const decodedSize = told && (isNew ? syncSafe(told, 0) : number(told, 0, 4));
  const raw = (length: number): Uint8Array<ArrayBuffer> => {
    const part = bytes.view(at, Math.min(length, end - at));
    return isUnsynchronised ? synchronised(part) : part;
  };
  const body = () => {
    const all = raw(end - at);
    return isCompressed ? inflated(all) : all;
  };
  return {
    ...{ id, header, at, end, body, size: isCompressed ? decodedSize ?? end - at : end - at },
    isPlain: !isUnsynchronised && !isCompressed,
    head: (length) => isCompressed ? body().subarray(0, length) : raw(length),
    placeOf(from) {
      if (isCompressed) return undefined;
      if (!isUnsynchronised) {
        return { size: end - at - from, offset: at + from, length: end - at - from };
      }
      const offset = decoded(bytes, at, end, from).next;
      return {
        ...decodedSize !== undefined && { size: decodedSize - from },
        ...{ offset, length: end - offset, encoding: "unsynchronised" },
      };
    },
  };
}

/** The frames of 2.2 and 2.3 tags that were unsynchronised as a whole: their sizes count the bytes before that. */
function* unsynchronisedFrames(bytes: FileBytes, header: Id3Header): Iterable<Id3Frame> {
  const { version, flags, bodyAt, bodyLength } = header;
  const end = Math.min(bodyAt + bodyLength, bytes.size);
  const headerBytes = version === 2 ? 6 : 10;
  let at = bodyAt;
  if ((flags & ID3_FLAG.extended) !== 0) {
    const { data } = decoded(bytes, at, end, 10);
    at = decoded(bytes, at, end, extendedBytes(data, version)).next;
  }
  for (let n = 0; n < FRAMES_MAX && at < end; n++) {
    const { data: head, next } = decoded(bytes, at, end, headerBytes);
    const id = head.length < headerBytes ? undefined : frameId(head, 0, version);
    if (id === undefined) return;
    const size = version === 2 ? number(head, 3, 3) : number(head, 4, 4);
    const frameFlags = version === 2 ? 0 : number(head, 8, 2);
    const frameEnd = size > COUNTED_BYTES_MAX
      ? nextFrame(bytes, next + size, end, { version, slack: size * SEARCH_SHARE + SEARCH_BYTES })
      : decoded(bytes, next, end, size).next;
    const isOpaque = (frameFlags & 0xe0) !== 0;
    if (size > 0 && !isOpaque) yield unsynchronisedFrame(bytes, header, id, size, next, frameEnd);
    if (next + size > end) return;
    at = frameEnd;
  }
}

function unsynchronisedFrame(
  bytes: FileBytes,
  header: Id3Header,
  id: string,
  size: number,
  at: number,
  end: number,
): Id3Frame {
  return {
    ...{ id, header, size, at, end, isPlain: false },
    body: () => decoded(bytes, at, end, size).data,
    head: (length) => decoded(bytes, at, end, Math.min(length, size)).data,
    placeOf(from) {
      const offset = decoded(bytes, at, end, from).next;
      return { size: size - from, offset, length: end - offset, encoding: "unsynchronised" };
    },
  };
}

/**
 * Where the frame after a large one begins. Unsynchronisation put an unknown number of zeros into the large frame, so
 * the next one lies as many bytes behind `from`. It is found by the chain of frames that begins with it.
 */
function nextFrame(
  bytes: FileBytes,
  from: number,
  end: number,
  { version, slack }: { version: number; slack: number },
): number {
  const last = Math.min(end, from + Math.ceil(slack));
  for (let at = from; at < last; at += SEARCH_BYTES) {
    const part = bytes.view(at, Math.min(SEARCH_BYTES, last - at));
    for (let i = 0; i < part.length; i++) {
      const isCapital = part[i]! >= 0x41 && part[i]! <= 0x5a;
      if (isCapital && isChain(bytes, at + i, end, version)) return at + i;
    }
  }
  return end;
}

function isChain(bytes: FileBytes, from: number, end: number, version: number): boolean {
  const headerBytes = version === 2 ? 6 : 10;
  let at = from;
  for (let n = 0; n < CHAIN_FRAMES; n++) {
    if (n > 0 && (at >= end || bytes.view(at, 1)[0] === 0)) return true;
    const { data, next } = decoded(bytes, at, end, headerBytes);
    if (data.length < headerBytes || frameId(data, 0, version) === undefined) return false;
    const size = version === 2 ? number(data, 3, 3) : number(data, 4, 4);
    if (next + size > end) return false;
    if (size > COUNTED_BYTES_MAX) return n > 0;
    at = decoded(bytes, next, end, size).next;
  }
  return true;
}

/** Reads this many bytes without their unsynchronisation, and tells where the next byte lies. */
function decoded(
  bytes: FileBytes,
  from: number,
  end: number,
  length: number,
): { data: Uint8Array<ArrayBuffer>; next: number } {
  const data = new Uint8Array(Math.max(0, Math.min(length, end - from)));
  let filled = 0;
  let at = from;
  let after255 = false;
  while (filled < data.length && at < end) {
    const part = bytes.view(at, Math.min(data.length - filled + 16, end - at));
    if (part.length === 0) break;
    for (let i = 0; i < part.length && filled < data.length; i++, at++) {
      const byte = part[i]!;
      if (after255 && byte === 0) {
        after255 = false;
        continue;
      }
      after255 = byte === 0xff;
      data[filled++] = byte;
    }
  }
  // A zero after a last 255 was inserted as well.
  if (after255 && at < end && bytes.view(at, 1)[0] === 0) at++;
  return { data: data.subarray(0, filled), next: at };
}

function synchronised(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(bytes.length);
  let filled = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0 && bytes[i] === 0 && bytes[i - 1] === 0xff) continue;
    data[filled++] = bytes[i]!;
  }
  return data.subarray(0, filled);
}

/** The inflated bytes; empty for bytes that do not inflate. */
function inflated(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    const out = inflateSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX });
    return new Uint8Array(out);
  } catch {
    return new Uint8Array();
  }
}

/**
 * The length of an extended header by its own length field. In 2.3 the field does not count itself, in 2.4 it does.
 * Some programs set the flag without writing the header; there a frame stands in its place.
 */
function extendedBytes(head: Uint8Array, version: number): number {
  if (frameId(head, 0, version) !== undefined) return 0;
  if (version === 4) return syncSafe(head, 0) ?? 0;
  return number(head, 0, 4) + 4;
}

/** Whether a 2.4 tag has plain frame sizes, as iTunes wrote them: decided by what lies after the frame. */
function arePlain(
  bytes: FileBytes,
  at: number,
  end: number,
  { safe, plain, sizesArePlain }: { safe: number; plain: number; sizesArePlain: boolean },
): boolean {
  if (at + plain > end) return false;
  const [first, second] = sizesArePlain ? [plain, safe] : [safe, plain];
  if (fits(bytes, at + first, end)) return sizesArePlain;
  return fits(bytes, at + second, end) ? !sizesArePlain : sizesArePlain;
}

/** Whether a frame may end at `at`: another one begins there, or padding, or the tag ends. */
function fits(bytes: FileBytes, at: number, end: number): boolean {
  if (at === end) return true;
  if (at > end) return false;
  const next = bytes.view(at, Math.min(10, end - at));
  return next.every((byte) => byte === 0) || frameId(next, 0, 4) !== undefined;
}

/** The name of the frame whose header is at `at`; undefined when there is no frame header. */
function frameId(bytes: Uint8Array, at: number, version: number): string | undefined {
  const length = version === 2 ? 3 : 4;
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i] ?? 0;
    const isName = (byte >= 0x41 && byte <= 0x5a) || (i > at && byte >= 0x30 && byte <= 0x39);
    if (isName) continue;
    // iTunes left three-letter names of 2.2 in tags of 2.3 and 2.4.
    const isShort = length === 4 && i === at + 3 && (byte === 0 || byte === 0x20);
    return isShort ? newName(latin1(bytes.subarray(at, at + 3))) : undefined;
  }
  const id = latin1(bytes.subarray(at, at + length));
  return version === 2 ? newName(id) ?? id : id;
}

function newName(id: string): string | undefined {
  return NEW_NAMES.get(id);
}

/** The names of frames in 2.2, and their later names. */
const NEW_NAMES: ReadonlyMap<string, string> = new Map(
  ("BUF RBUF,CNT PCNT,COM COMM,CRA AENC,ETC ETCO,GEO GEOB,GP1 GRP1,IPL TIPL,LNK LINK,MCI MCDI,MLL MLLT,MVI MVIN," +
    "MVN MVNM,PCS PCST,PIC PIC,POP POPM,REV RVRB,RVA RVAD,SLT SYLT,STC SYTC,TAL TALB,TBP TBPM,TCM TCOM,TCO TCON," +
    "TCP TCMP,TCR TCOP,TDA TDAT,TDR TDRL,TDS TDES,TDY TDLY,TEN TENC,TFT TFLT,TID TGID,TIM TIME,TKE TKEY,TLA TLAN," +
    "TLE TLEN,TMT TMED,TOA TOPE,TOF TOFN,TOL TOLY,TOR TORY,TOT TOAL,TP1 TPE1,TP2 TPE2,TP3 TPE3,TP4 TPE4,TPA TPOS," +
    "TPB TPUB,TRC TSRC,TRD TRDA,TRK TRCK,TS2 TSO2,TSA TSOA,TSC TSOC,TSI TSIZ,TSP TSOP,TSS TSSE,TST TSOT,TT1 TIT1," +
    "TT2 TIT2,TT3 TIT3,TXT TEXT,TXX TXXX,TYE TYER,UFI UFID,ULT USLT,WAF WOAF,WAR WOAR,WAS WOAS,WCM WCOM,WCP WCOP," +
    "WFD WFED,WPB WPUB,WXX WXXX,CAT TCAT,KWD TKWD").split(",")
    .map((pair) => pair.split(" ") as [string, string]),
);

function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
