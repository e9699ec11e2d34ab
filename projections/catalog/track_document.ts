import type { AudioProperties, DetailValue, FileDetails } from "../../events/facts/files.ts";
import { dateNumber, type Field, fieldKey } from "../../src/query/mod.ts";
import type { FileState } from "./file_state.ts";

/** A track by the fields of the query language, as its primary copy has them. */
export class TrackDocument {
  readonly state: FileState;
  readonly details: FileDetails;

  constructor(state: FileState, details: FileDetails) {
    this.state = state;
    this.details = details;
  }

  /** The texts that a field has; none that is empty. */
  texts(field: Field): readonly string[] {
    return filled(this.#texts(field));
  }

  #texts(field: Field): readonly string[] {
    const { names, trackTags, format, origin, path } = this.state;
    if (field.isOwn) return this.#own(fieldKey(field.name));
    switch (field.name) {
      case "title":
        return [names.title];
      case "artist":
        return others(names.artist, trackTags.artists);
      case "albumartist":
        return others(names.albumartist, listOf(this.details.tags?.["albumartists"]));
      case "album":
        return [names.album];
      case "genre":
        return trackTags.genre ?? [];
      case "composer":
        return trackTags.composer ?? [];
      case "format":
        return [format ?? ""];
      case "codec":
        return [this.properties.codec ?? ""];
      case "origin":
        return [origin];
      case "path":
        return [path];
      default:
        return field.tags.flatMap((tag) => listOf(this.details.tags?.[tag]));
    }
  }

  /** The numbers that a field has. Those of moments and plays are not the track's own: they are not here. */
  numbers(field: Field): readonly number[] {
    const known = this.#number(field.name);
    if (known !== undefined) return known > 0 ? [known] : [];
    if (field.kind === "date") {
      return this.dates(field).map(dateNumber).filter((it) => it !== undefined);
    }
    return this.#texts(field).filter((text) => text.trim() !== "").map(Number)
      .filter(Number.isFinite);
  }

  /** Whether a flag is set. */
  flag(field: Field): boolean {
    if (field.name === "compilation") return this.state.trackTags.compilation === true;
    return field.tags.some((tag) => {
      const value = this.details.tags?.[tag];
      return value === true || value === 1 || value === "1";
    });
  }

  /**
   * Whether no tag has a value of the field, whatever the path says; of a field that is no tag, whether it has none.
   */
  lacks(field: Field): boolean {
    const { tags } = field;
    if (tags.length === 0) {
      return (field.kind === "text" ? this.texts(field) : this.numbers(field)).length === 0;
    }
    const placing = this.state.trackTags as Readonly<Record<string, TagValue>>;
    const others = this.details.tags;
    for (const tag of tags) if (isSaying(placing[tag]) || isSaying(others?.[tag])) return false;
    return true;
  }

  get properties(): AudioProperties {
    return this.state.audioProperties;
  }

  dates(field: Field): readonly string[] {
    if (field.name === "date") return filled([this.state.trackTags.date ?? ""]);
    return this.texts(field);
  }

  /** 0 where it is not there; undefined for other fields. */
  #number(name: string): number | undefined {
    const { state, properties } = this;
    const { names, trackTags } = state;
    switch (name) {
      case "year":
        return names.year;
      case "decade":
        return names.year - names.year % 10;
      case "track":
        return names.track;
      case "disc":
        return names.disc;
      case "totaltracks":
        return trackTags.track?.of ?? 0;
      case "totaldiscs":
        return trackTags.disk?.of ?? 0;
      case "duration":
        return properties.duration_ms ?? 0;
      case "bitrate":
        return properties.bitrate ?? 0;
      case "samplerate":
        return properties.sample_rate ?? 0;
      case "bits":
        return properties.bits_per_sample ?? 0;
      case "channels":
        return properties.channels ?? 0;
      case "size":
        return state.size;
      case "modified":
        return state.mtime_s * 1000 + Math.floor(state.mtime_ns / 1e6);
      default:
        return undefined;
    }
  }

  /** The values of the fields of the user's own that have a key. */
  #own(key: string): string[] {
    return Object.entries(this.details.other ?? {})
      .filter(([name]) => fieldKey(name) === key)
      .flatMap(([, value]) => listOf(value));
  }
}

/** The value of any tag. */
type TagValue = DetailValue | { readonly no: number | null } | undefined;

function isSaying(value: TagValue): boolean {
  if (typeof value === "string") return value.trim() !== "";
  if (typeof value !== "object") return value !== undefined;
  return "no" in value ? value.no !== null : value.some((text) => text.trim() !== "");
}

export function listOf(value: DetailValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "object" ? value : [String(value)];
}

function others(first: string, list: readonly string[] | undefined): readonly string[] {
  return list === undefined ? [first] : [first, ...list.filter((it) => it !== first)];
}

function filled(texts: readonly string[]): readonly string[] {
  return texts.every((text) => text !== "") ? texts : texts.filter((text) => text !== "");
}
