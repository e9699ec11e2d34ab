import type { Chapter, CuePlace, PicturePlace } from "../../events/facts/files.ts";

/** Who wrote a tag decides what the names of its fields mean. */
export type TagKind =
  | "ID3v2"
  | "ID3v1"
  | "APEv2"
  | "vorbis"
  | "MP4"
  | "ASF"
  | "RIFF"
  | "AIFF"
  | "Matroska";

/** One value under its name as it stands in the file; a field of several values comes once for each. */
export interface TagField {
  readonly name: string;
  readonly value: string;
}

/** One tag of a file, as it is filled while it is read: what a reader found before it gave up counts. */
export class Tag {
  readonly kind: TagKind;
  /** In their order. */
  readonly fields: TagField[] = [];
  readonly pictures: PicturePlace[] = [];
  readonly chapters: Chapter[] = [];
  cueSheet: CuePlace | undefined;

  constructor(kind: TagKind) {
    this.kind = kind;
  }

  add(name: string, ...values: readonly string[]): void {
    for (const value of values) this.fields.push({ name, value });
  }
}
