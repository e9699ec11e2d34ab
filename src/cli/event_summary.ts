import type { StoredEvent } from "../../events/mod.ts";
import { formatBytes, formatCount, formatDuration, plural, sizedCoverOf } from "../base/mod.ts";
import { printable, timeText } from "./output.ts";

const EVICTION_REASONS = {
  space: "to make room",
  cleared: "cleared",
  superseded: "which changed",
} as const;

/** One event as a line: position, time, type, and a summary of what it says. */
export function eventLine(event: StoredEvent): string {
  const seq = String(event.seq).padStart(6);
  return `${seq}  ${timeText(event.at)}  ${event.type.padEnd(19)}  ${summaryOf(event)}`;
}

/** A summary of an event in a few words. */
export function summaryOf(event: StoredEvent): string {
  switch (event.type) {
    case "OriginConfigured": {
      const { origin, kind, root, priority } = event.data;
      return `${origin} is ${kind} ${printable(root)}, priority ${priority}`;
    }
    case "OriginRemoved":
      return `${event.data.origin} is no longer configured`;
    case "ScanStarted":
      return `scan ${event.data.scan} of ${event.data.origin}, ${event.data.mode}`;
    case "ScanCompleted": {
      const { origin, scan, listed, read, unreadable, removed, unlisted, duration_ms } = event.data;
      return `scan ${scan} of ${origin}: ` + joined(
        plural(listed, "file"),
        `${formatCount(read)} read`,
        unreadable > 0 && `${formatCount(unreadable)} unreadable`,
        removed > 0 && `${formatCount(removed)} removed`,
        unlisted.length > 0 && `${plural(unlisted.length, "directory", "directories")} unlisted`,
        `in ${formatDuration(duration_ms)}`,
      );
    }
    case "ScanFailed":
      return `scan ${event.data.scan} of ${event.data.origin}: ${printable(event.data.reason)}`;
    case "RemovalsHeld": {
      const { origin, missing, known } = event.data;
      return `${origin} lacks ${formatCount(missing)} of ${plural(known, "file")}; nothing removed`;
    }
    case "RemovalsConfirmed":
      return `${event.data.origin} may lose files at its next scan`;
    case "OriginHealthChanged": {
      const { origin, health, reason } = event.data;
      return `${origin} is ${health}` + (reason === null ? "" : `: ${printable(reason)}`);
    }
    case "FilesObserved": {
      const { origin, files } = event.data;
      const unreadable = files.filter((file) => file.unreadable !== undefined).length;
      const moved = files.filter((file) => file.moved_from !== undefined).length;
      const first = files[0];
      return `${origin}: ` + joined(
        plural(files.length, "file"),
        moved > 0 && `${formatCount(moved)} moved`,
        unreadable > 0 && `${formatCount(unreadable)} unreadable`,
        first !== undefined && printable(first.path) + (files.length > 1 ? ", …" : ""),
      );
    }
    case "FilesRemoved":
      return `${event.data.origin}: ${plural(event.data.files.length, "file")} removed`;
    case "OtherFilesObserved": {
      const { origin, files } = event.data;
      const first = files[0];
      return `${origin}: ` + joined(
        `${plural(files.length, "file")} without music`,
        first !== undefined && printable(first.path) + (files.length > 1 ? ", …" : ""),
      );
    }
    case "OtherFilesRemoved":
      return `${event.data.origin}: ${
        plural(event.data.files.length, "file")
      } without music removed`;
    case "CopiesCompared": {
      const { comparisons, done } = event.data;
      const unlike = comparisons.filter(({ alike }) => alike === "nothing").length;
      return joined(
        `${plural(comparisons.length, "pair")} of files compared`,
        unlike > 0 && `${formatCount(unlike)} unlike`,
        done.length > 0 && `${plural(done.length, "file")} done`,
      );
    }
    case "PartsCompared": {
      const { file, version, by, alike } = event.data;
      return `file ${file} as of ${version}: ` +
        (alike
          ? `what was known already is its own, by its ${by}`
          : "what was known already is not its own");
    }
    case "PartsProven": {
      const { file, version, by } = event.data;
      return `file ${file} as of ${version}: what was known already is its own, by its ${by}`;
    }
    case "FilesUsed":
      return plural(event.data.files.length, "file");
    case "ChunksStored": {
      const { file, version, offset, chunks, origin, provisional } = event.data;
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
      const made = sizedCoverOf(file);
      if (made !== undefined) return `a cover of ${made.pixels} px: ${formatBytes(bytes)}`;
      return `file ${file} as of ${version}: ` + joined(
        `${formatBytes(bytes)} at ${formatBytes(offset)}`,
        plural(chunks.length, "chunk"),
        provisional ? "known already" : origin !== null && `from ${origin}`,
      );
    }
    case "ChunksEvicted": {
      const { reason, part, manifests } = event.data;
      const what = part === "all" ? "all" : "the content";
      return `${what} of ${plural(manifests.length, "file")}, ${EVICTION_REASONS[reason]}`;
    }
    case "ChunkStoreFound":
      return event.data.holds === "all"
        ? `the chunk store is ${event.data.store}`
        : `another chunk store, ${event.data.store}: nothing is stored any more`;
    case "ChunkCorrupted":
      return `${event.data.hash.slice(0, 12)}: ${printable(event.data.reason)}`;
    case "TrackPlayed":
      return `track ${event.data.track}`;
    case "TracksPinned":
    case "TracksUnpinned": {
      const { query, tracks } = event.data;
      return `${plural(tracks.length, "track")}: ${printable(query)}`;
    }
    case "CollectionSaved": {
      const { name, query, tracks, from = 0 } = event.data;
      const what = tracks === undefined
        ? printable(query ?? "")
        : `${plural(tracks.length, "track")}${from > 0 ? ` behind the first ${from}` : ""}`;
      return `${printable(name)}: ${what}`;
    }
    case "CollectionRenamed":
      return `${printable(event.data.name)} is now ${printable(event.data.to)}`;
    case "PlaylistRead": {
      const { file, origin, collection, problem, missing = 0 } = event.data;
      const name = collection === undefined ? "no collection" : printable(collection);
      return `file ${file} of ${origin}: ` + joined(
        problem === undefined ? name : printable(problem),
        missing > 0 && `${plural(missing, "entry", "entries")} without a track`,
      );
    }
    case "CollectionRemoved":
      return printable(event.data.name);
    case "OriginTransferred":
      return `${formatBytes(event.data.bytes)} from ${event.data.origin}`;
    case "ViewsChanged": {
      const names = event.data.views.map(({ name }) => printable(name));
      return names.length === 0 ? "no views any more" : names.join(", ");
    }
    case "TemplateChanged": {
      const { template, names, fold_case } = event.data;
      return joined(
        printable(template),
        names === "windows" && "names for Windows",
        fold_case === true && "case folded",
      );
    }
  }
}

function joined(...parts: (string | false)[]): string {
  return parts.filter((part) => part !== false).join(", ");
}
