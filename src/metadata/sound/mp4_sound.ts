import { dataAt, type SoundBytes, type SoundFigures, textAt, timed } from "./sound_figures.ts";

/** How many atoms of one level are looked at. */
const ATOMS_MAX = 64;
/** How many fragments are looked at, of a local and of a remote file. */
const FRAGMENTS_NEAR = 20_000;
const FRAGMENTS_FAR = 6;
/** Without an index, the last fragment is searched for within this many bytes of the end. */
const LAST_FRAGMENT_BYTES = 64 * 1024;
const HEADER_BYTES = 16;
const RUNS_MAX = 256;
const SAMPLES_MAX = 100_000;
/** Flags of `tfhd` and `trun` that say which fields follow (ISO/IEC 14496-12, 8.8.7 and 8.8.8). */
const TFHD_OFFSET = 0x1;
const TFHD_DESCRIPTION = 0x2;
const TFHD_DURATION = 0x8;
const TRUN_OFFSET = 0x1;
const TRUN_FLAGS = 0x4;
const TRUN_DURATION = 0x100;
const TRUN_FIELDS = [0x100, 0x200, 0x400, 0x800];
const DURATION_UNKNOWN = 0xffff_ffff;

interface Atom {
  readonly name: string;
  readonly from: number;
  readonly end: number;
}

/** The track of an MP4 file that is its sound. */
interface SoundTrack {
  readonly id: number;
  readonly timescale: number;
  /** In seconds; 0 when the file comes in fragments. */
  readonly duration: number;
  /** Where its sample description begins. */
  readonly descriptionAt: number | undefined;
}

/**
 * What music-metadata overlooks in an MP4 file: the channels of AAC, the length of a file in fragments, and
 * everything when the end is missing.
 */
export function mp4Sound(bytes: SoundBytes, start: number): SoundFigures {
  let movie: Atom | undefined;
  let soundBytes = 0;
  let fragmentAt: Omit<Atom, "name"> | undefined;
  for (const atom of atoms(bytes, start, bytes.size)) {
    if (atom.name === "moov") movie ??= atom;
    if (atom.name === "mdat") soundBytes += atom.end - atom.from;
    if (atom.name === "moof" && fragmentAt === undefined) {
      fragmentAt = atom;
      break;
    }
  }
  if (movie === undefined) return {};
  const track = soundTrack(bytes, movie);
  if (track === undefined) return {};
  const figures = described(bytes, track.descriptionAt);
  const { duration } = track;
  if (duration > 0) {
    return { ...figures, duration, ...soundBytes > 0 && { bitrate: 8 * soundBytes / duration } };
  }
  if (fragmentAt === undefined) return figures;
  const usual = usualDuration(bytes, movie, track.id);
  const end = lastFragmentEnd(bytes, { track, usual });
  if (end === undefined) return { ...figures, ...fragmentsSound(bytes, start, { track, usual }) };
  const begin = beginOf(bytes, { name: "moof", ...fragmentAt }, track.id) ?? 0;
  return { ...figures, ...timed(end - begin, track.timescale, bytes.size - start) };
}

function soundTrack(bytes: SoundBytes, movie: Atom): SoundTrack | undefined {
  for (const trak of atoms(bytes, movie.from, movie.end)) {
    if (trak.name !== "trak") continue;
    const media = child(bytes, trak, "mdia");
    const handler = media && child(bytes, media, "hdlr");
    const header = media && child(bytes, media, "mdhd");
    const about = child(bytes, trak, "tkhd");
    const kind = handler && dataAt(bytes, handler.from, 12);
    if (kind === undefined || textAt(kind, 8) !== "soun" || header === undefined) continue;
    const times = dataAt(bytes, header.from, Math.min(32, header.end - header.from));
    const isWide = times?.getUint8(0) === 1;
    if (times === undefined || times.byteLength < (isWide ? 32 : 20)) continue;
    const timescale = times.getUint32(isWide ? 20 : 12);
    const length = isWide ? Number(times.getBigUint64(24)) : times.getUint32(16);
    const ids = about && dataAt(bytes, about.from, 24);
    const id = ids === undefined ? 0 : ids.getUint32(ids.getUint8(0) === 1 ? 20 : 12);
    const tables = media && path(bytes, media, ["minf", "stbl", "stsd"]);
    const isKnown = timescale > 0 && length !== DURATION_UNKNOWN;
    return {
      id,
      timescale,
      duration: isKnown ? length / timescale : 0,
      descriptionAt: tables && tables.from + 8,
    };
  }
  return undefined;
}

/** Ticks from the beginning of the sound to the end of its last fragment; undefined when that is not found. */
function lastFragmentEnd(
  bytes: SoundBytes,
  known: { track: SoundTrack; usual: number },
): number | undefined {
  const at = indexedFragment(bytes, known.track.id) ?? nearFragment(bytes);
  if (at === undefined) return undefined;
  for (const fragment of atoms(bytes, at, bytes.size, 1)) {
    if (fragment.name !== "moof") return undefined;
    const begin = beginOf(bytes, fragment, known.track.id);
    const ticks = fragmentTicks(bytes, fragment, known);
    return begin === undefined || ticks === 0 ? undefined : begin + ticks;
  }
  return undefined;
}

/** Where the last fragment of a track begins, according to the index at the end of the file (`mfra`). */
function indexedFragment(bytes: SoundBytes, id: number): number | undefined {
  const last = dataAt(bytes, bytes.size - 16, 16);
  if (last === undefined || textAt(last, 4) !== "mfro") return undefined;
  const from = bytes.size - last.getUint32(12);
  for (const index of atoms(bytes, Math.max(0, from) + 8, bytes.size)) {
    const head = index.name === "tfra" ? dataAt(bytes, index.from, 16) : undefined;
    if (head?.getUint32(4) !== id) continue;
    const isWide = head.getUint8(0) === 1;
    const lengths = head.getUint32(8);
    const numbers = [4, 2, 0].reduce((sum, shift) => sum + ((lengths >> shift) & 3) + 1, 0);
    const stride = (isWide ? 16 : 8) + numbers;
    const entry = dataAt(bytes, index.from + 16 + (head.getUint32(12) - 1) * stride, stride);
    return entry && (isWide ? Number(entry.getBigUint64(8)) : entry.getUint32(4));
  }
  return undefined;
}

/** Where the last fragment begins that lies near the end. */
function nearFragment(bytes: SoundBytes): number | undefined {
  const from = Math.max(0, bytes.size - LAST_FRAGMENT_BYTES);
  if (bytes.size - from > bytes.left) return undefined;
  const tail = bytes.view(from, bytes.size - from);
  for (let at = tail.lastIndexOf(0x6d); at >= 4; at = tail.lastIndexOf(0x6d, at - 1)) {
    if (tail[at + 1] !== 0x6f || tail[at + 2] !== 0x6f || tail[at + 3] !== 0x66) continue;
    return from + at - 4;
  }
  return undefined;
}

/** The start of a fragment of a track in ticks (`tfdt`). */
function beginOf(bytes: SoundBytes, fragment: Atom, id: number): number | undefined {
  for (const part of atoms(bytes, fragment.from, fragment.end)) {
    const about = part.name === "traf" ? child(bytes, part, "tfhd") : undefined;
    const head = about && dataAt(bytes, about.from, 8);
    if (head?.getUint32(4) !== id) continue;
    const time = child(bytes, part, "tfdt");
    const view = time && dataAt(bytes, time.from, time.end - time.from);
    if (view === undefined || view.byteLength < 8) return undefined;
    const isWide = view.getUint8(0) === 1;
    if (isWide) return view.byteLength < 12 ? undefined : Number(view.getBigUint64(4));
    return view.getUint32(4);
  }
  return undefined;
}

/** The duration of all fragments, extrapolated from those looked at by their share of the bytes. */
function fragmentsSound(
  bytes: SoundBytes,
  start: number,
  { track, usual }: { track: SoundTrack; usual: number },
): SoundFigures {
  const most = bytes.isNear ? FRAGMENTS_NEAR : FRAGMENTS_FAR;
  let [ticks, fragments, soundBytes, at] = [0, 0, 0, start];
  for (const atom of atoms(bytes, start, bytes.size, Infinity)) {
    if (atom.name === "moof" && (++fragments > most || bytes.left < 64 * 1024)) break;
    if (atom.name === "moof") ticks += fragmentTicks(bytes, atom, { track, usual });
    if (atom.name === "mdat") soundBytes += atom.end - atom.from;
    at = atom.end;
  }
  if (ticks === 0) return {};
  const seen = ticks / track.timescale;
  const duration = seen *
    (fragments > 0 && at < bytes.size ? (bytes.size - start) / (at - start) : 1);
  return { duration, ...soundBytes > 0 && { bitrate: 8 * soundBytes / seen } };
}

function fragmentTicks(
  bytes: SoundBytes,
  fragment: Atom,
  { track, usual }: { track: SoundTrack; usual: number },
): number {
  let ticks = 0;
  for (const part of atoms(bytes, fragment.from, fragment.end)) {
    const about = part.name === "traf" ? child(bytes, part, "tfhd") : undefined;
    const head = about && dataAt(bytes, about.from, about.end - about.from);
    if (head === undefined || head.byteLength < 8 || head.getUint32(4) !== track.id) continue;
    const flags = head.getUint32(0) & 0xff_ffff;
    const before = (flags & TFHD_OFFSET ? 8 : 0) + (flags & TFHD_DESCRIPTION ? 4 : 0);
    const hasOwn = (flags & TFHD_DURATION) !== 0 && head.byteLength >= 12 + before;
    const each = hasOwn ? head.getUint32(8 + before) : usual;
    for (const run of atoms(bytes, part.from, part.end, RUNS_MAX)) {
      if (run.name === "trun") ticks += runTicks(bytes, run, each);
    }
  }
  return ticks;
}

function runTicks(bytes: SoundBytes, run: Atom, each: number): number {
  const head = dataAt(bytes, run.from, 8);
  if (head === undefined) return 0;
  const flags = head.getUint32(0) & 0xff_ffff;
  const count = Math.min(head.getUint32(4), SAMPLES_MAX);
  if ((flags & TRUN_DURATION) === 0) return count * each;
  const from = run.from + 8 + (flags & TRUN_OFFSET ? 4 : 0) + (flags & TRUN_FLAGS ? 4 : 0);
  const stride = 4 * TRUN_FIELDS.filter((field) => (flags & field) !== 0).length;
  const samples = dataAt(bytes, from, Math.min(count * stride, run.end - from));
  let ticks = 0;
  for (let at = 0; samples !== undefined && at + 4 <= samples.byteLength; at += stride) {
    ticks += samples.getUint32(at);
  }
  return ticks;
}

/** The duration of a sample when its fragment does not tell it (`trex`). */
function usualDuration(bytes: SoundBytes, movie: Atom, id: number): number {
  const fragmented = child(bytes, movie, "mvex");
  if (fragmented === undefined) return 0;
  for (const { name, from } of atoms(bytes, fragmented.from, fragmented.end)) {
    const values = name === "trex" ? dataAt(bytes, from, 16) : undefined;
    if (values?.getUint32(4) === id) return values.getUint32(12);
  }
  return 0;
}

/**
 * Figures of AAC from its sample description, with the channels of its own configuration (ISO/IEC 14496-3, 1.6.2):
 * the description's field says two for most files. Nothing for other codecs.
 */
function described(bytes: SoundBytes, descriptionAt: number | undefined): SoundFigures {
  const entry = descriptionAt === undefined ? undefined : dataAt(bytes, descriptionAt, 36);
  if (entry === undefined || textAt(entry, 4) !== "mp4a") return {};
  const figures = { codec: "MPEG-4/AAC", sampleRate: entry.getUint16(32) };
  const end = descriptionAt! + entry.getUint32(0);
  // Version 1 of QuickTime's sample description has four more fields.
  const from = descriptionAt! + 36 + (entry.getUint16(16) === 1 ? 16 : 0);
  for (const { name, from: at, end: to } of atoms(bytes, from, Math.min(end, bytes.size))) {
    if (name !== "esds") continue;
    const numberOfChannels = configuredChannels(bytes.view(at + 4, Math.min(to - at, 64)));
    return { ...figures, ...numberOfChannels !== undefined && { numberOfChannels } };
  }
  return figures;
}

function configuredChannels(descriptors: Uint8Array): number | undefined {
  let at = 0;
  for (const [tag, skipped] of [[3, 3], [4, 13], [5, 0]] as const) {
    if (descriptors[at++] !== tag) return undefined;
    // The length is coded in bytes whose eighth bit says that another one follows.
    while ((descriptors[at]! & 0x80) !== 0) at++;
    at += 1 + skipped;
  }
  const [a, b] = [descriptors[at], descriptors[at + 1]];
  if (a === undefined || b === undefined) return undefined;
  const kind = a >> 3;
  const rate = ((a & 7) << 1) | (b >> 7);
  // Parametric stereo makes two channels of one. Longer configurations are left to music-metadata.
  if (kind === 29) return 2;
  const channels = (b >> 3) & 15;
  if (kind === 31 || rate === 15 || channels === 0 || channels > 7) return undefined;
  return channels === 7 ? 8 : channels;
}

function path(bytes: SoundBytes, atom: Atom, names: readonly string[]): Atom | undefined {
  let found: Atom | undefined = atom;
  for (const name of names) found = found && child(bytes, found, name);
  return found;
}

function child(bytes: SoundBytes, parent: Atom, name: string): Atom | undefined {
  for (const atom of atoms(bytes, parent.from, parent.end)) if (atom.name === name) return atom;
  return undefined;
}

/** The atoms in a range. `from` is behind an atom's header, `end` behind the atom. */
function* atoms(
  bytes: SoundBytes,
  start: number,
  end: number,
  most = ATOMS_MAX,
): Iterable<Atom> {
  let at = start;
  for (let n = 0; at + 8 <= end && n < most; n++) {
    const header = dataAt(bytes, at, Math.min(HEADER_BYTES, end - at));
    if (header === undefined) return;
    const short = header.getUint32(0);
    const isWide = short === 1 && header.byteLength === HEADER_BYTES;
    const size = isWide ? Number(header.getBigUint64(8)) : short === 0 ? end - at : short;
    if (size < (isWide ? 16 : 8)) return;
    const next = Math.min(at + size, end);
    yield { name: textAt(header, 4), from: at + (isWide ? 16 : 8), end: next };
    at = next;
  }
}
