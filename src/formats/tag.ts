import type { Chapter, CuePlace, PicturePlace } from "../../events/facts/files.ts";

/** The kind of a tag decides what the names of its fields mean. */
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

/** A value under the field's name as the file has it. A field with several values occurs once for each. */
export interface TagField {
  readonly name: string;
  readonly value: string;
}

/** A tag of a file, filled while the file is read: what a reader found before it gave up counts. */
export class Tag {
  readonly kind: TagKind;
  /** In their order in the file. */
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
