import type { ContentFacts, MusicEvent, ObservedFile } from "../../events/mod.ts";
import { contentFacts } from "../../projections/mod.ts";
import { EDGE_BYTES, TAG_BYTES_MAX } from "../../src/base/mod.ts";

interface KnownFile {
  readonly facts: ObservedFile;
  readonly content: number;
  readonly removed: boolean;
}

export interface ModelPart {
  readonly offset: number;
  readonly length: number;
  readonly hash: string;
  readonly metadata: boolean;
  readonly provisional: boolean;
}

export interface ModelManifest {
  readonly file: number;
  readonly version: number;
  /** The facts about the version that came with its first part. */
  readonly facts: ContentFacts | null;
  used_at: number;
  parts: ModelPart[];
}

/**
 * The answers about content that the projections must give after events of both logs, computed in the plainest way: no
 * sum is kept.
 */
export class ContentModel {
  readonly #files = new Map<number, KnownFile>();
  readonly pins = new Map<string, Set<number>>();
  readonly plays: { track: number; at: number }[] = [];
  readonly transfers = new Map<string, { day: number; dayBytes: number; totalBytes: number }>();
  #manifests: ModelManifest[] = [];

  /** Sorted by file and version. */
  get manifests(): ModelManifest[] {
    return [...this.#manifests].sort((a, b) => a.file - b.file || a.version - b.version);
  }

  isKnown(file: number): boolean {
    return this.#files.has(file);
  }

  isCurrent({ file, version }: { file: number; version: number }): boolean {
    const known = this.#files.get(file);
    return known !== undefined && !known.removed && known.content === version;
  }

  /** The facts about a file's present version that the library log has; null for any other version. */
  facts(file: number, version: number): ContentFacts | null {
    const known = this.#files.get(file);
    return known?.content === version ? contentFacts(known.facts) : null;
  }

  isPinned(track: number): boolean {
    return [...this.pins.values()].some((tracks) => tracks.has(track));
  }

  totals() {
    const parts = this.#manifests.flatMap(({ parts }) => parts);
    const chunks = new Map(parts.map(({ hash, length }) => [hash, length]));
    const metadata = new Map(
      parts.filter((part) => part.metadata).map(({ hash, length }) => [hash, length]),
    );
    return {
      bytes: sum(chunks.values()),
      chunks: chunks.size,
      part_bytes: sum(parts.map(({ length }) => length)),
      metadata_bytes: sum(metadata.values()),
      provisional_bytes: sum(parts.filter((it) => it.provisional).map(({ length }) => length)),
      parts: parts.length,
    };
  }

  fold(event: MusicEvent, seq: number, at: number): void {
    switch (event.type) {
      case "FilesObserved":
        for (const facts of event.data.files) this.#observe(facts, seq);
        break;
      case "FilesRemoved":
        for (const file of event.data.files) this.#remove(file);
        break;
      case "OriginRemoved":
        for (const file of this.#files.keys()) this.#remove(file);
        break;
      case "ChunksStored": {
        let { file, version, offset, chunks, provisional, of } = event.data;
        for (const { hash, length } of chunks) {
          this.#store(file, version, { offset, length, hash, provisional }, of);
          offset += length;
        }
        for (const it of this.#of(file)) if (it.version === version) it.used_at = at;
        break;
      }
      case "PartsCompared": {
        const { file, version } = event.data;
        const known = this.#files.get(file);
        if (known === undefined || known.removed || known.content !== version) break;
        this.#files.set(file, { ...known, content: seq });
        break;
      }
      case "ChunksEvicted":
        for (const { file, version } of event.data.manifests) {
          this.#evict(file, version, event.data.part);
        }
        break;
      case "PartsProven":
        for (const it of this.#of(event.data.file)) {
          if (it.version !== event.data.version) continue;
          it.parts = it.parts.map((part) => ({ ...part, provisional: false }));
        }
        break;
      case "FilesUsed":
        for (const file of event.data.files) for (const it of this.#of(file)) it.used_at = at;
        break;
      case "ChunkCorrupted":
        this.#keep(this.#manifests, ({ hash }) => hash !== event.data.hash);
        break;
      case "TrackPlayed":
        this.plays.push({ track: event.data.track, at });
        break;
      case "TracksPinned":
        if (event.data.tracks.length > 0) {
          this.pins.set(
            event.data.query,
            new Set([...this.pins.get(event.data.query) ?? [], ...event.data.tracks]),
          );
        }
        break;
      case "TracksUnpinned": {
        const pin = this.pins.get(event.data.query);
        for (const tracks of pin === undefined ? this.pins.values() : [pin]) {
          for (const track of event.data.tracks) tracks.delete(track);
        }
        for (const [query, tracks] of this.pins) if (tracks.size === 0) this.pins.delete(query);
        break;
      }
      case "OriginTransferred": {
        const { origin, bytes } = event.data;
        const day = Math.floor(at / 86_400_000);
        const before = this.transfers.get(origin) ?? { day, dayBytes: 0, totalBytes: 0 };
        this.transfers.set(origin, {
          day,
          dayBytes: (before.day === day ? before.dayBytes : 0) + bytes,
          totalBytes: before.totalBytes + bytes,
        });
      }
    }
  }

  #observe(facts: ObservedFile, seq: number): void {
    const before = this.#files.get(facts.file);
    const same = before !== undefined && !before.removed &&
      (["size", "mtime_s", "mtime_ns", "etag", "audio"] as const)
        .every((it) => before.facts[it] === facts[it]);
    this.#files.set(facts.file, {
      facts,
      content: same ? before.content : seq,
      removed: false,
    });
  }

  #remove(file: number): void {
    const known = this.#files.get(file);
    if (known !== undefined) this.#files.set(file, { ...known, removed: true });
  }

  #store(
    file: number,
    version: number,
    part: Omit<ModelPart, "metadata">,
    facts: ContentFacts | null,
  ): void {
    const end = part.offset + part.length;
    let manifest = this.#of(file).find((it) => it.version === version);
    const isTaken = manifest?.parts.some((it) =>
      it.offset < end && it.offset + it.length > part.offset
    );
    const isFalse = this.#manifests.some(({ parts }) =>
      parts.some(({ hash, length }) => hash === part.hash && length !== part.length)
    );
    if (part.length === 0 || isTaken || isFalse) return;
    if (manifest === undefined) {
      this.#manifests.push(manifest = { file, version, facts, used_at: 0, parts: [] });
    }
    const { size = Infinity, audio_start = 0, audio_end = Infinity } = manifest.facts ?? {};
    const tail = Math.max(audio_end, size - TAG_BYTES_MAX);
    const metadata = part.offset < Math.min(audio_start, TAG_BYTES_MAX) + EDGE_BYTES ||
      end > Math.min(size, tail) - EDGE_BYTES;
    manifest.parts = [...manifest.parts, { ...part, metadata }]
      .sort((a, b) => a.offset - b.offset);
  }

  #evict(file: number, version: number, part: "content" | "all"): void {
    const evicted = this.#of(file).filter((it) => it.version === version);
    this.#keep(evicted, ({ metadata }) => part === "content" && metadata);
  }

  #keep(manifests: ModelManifest[], isKept: (part: ModelPart) => boolean): void {
    for (const manifest of manifests) manifest.parts = manifest.parts.filter(isKept);
    this.#manifests = this.#manifests.filter(({ parts }) => parts.length > 0);
  }

  #of(file: number): ModelManifest[] {
    return this.#manifests.filter((it) => it.file === file);
  }
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, it) => total + it, 0);
}
