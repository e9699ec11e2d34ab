/**
 * A library that an older version made, with the answers that it gave (see make_library_fixture.ts).
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { run } from "./daemon.ts";

export interface OlderAnswers {
  /** The text of the configuration file. Nothing answers at either of its origins. */
  readonly config: string;
  /** By path below the mount point, "" for the root. Directories have no size. */
  readonly files: Readonly<
    Record<string, { ino: number; mtime_ms: number; size?: number; sha256?: string }>
  >;
  readonly pins: readonly { query: string; at: number; tracks: number; bytes: number }[];
  readonly pinned_tracks: number;
  readonly tracks: readonly {
    readonly virtual: string;
    readonly track: number;
    readonly origin: string;
    readonly path: string;
    /** `changed_seq` is the version of the content, as these versions called it. */
    readonly copies: readonly {
      readonly file: number;
      readonly origin: string;
      readonly changed_seq: number;
      readonly stored_bytes: number;
    }[];
    readonly plays: { readonly count: number; readonly last_at: number | null };
    readonly pinned: boolean;
  }[];
}

/**
 * The fixtures: libraries of the last version that wrote format 1, and of the last version whose cache had no log of
 * its own.
 */
export const OLDER_VERSIONS = ["format_1", "format_2"] as const;

/** Unpacks the directories `state` and `cache` of an older version's library, and returns the answers. */
export async function unpackOlderLibrary(
  into: string,
  version: typeof OLDER_VERSIONS[number] = "format_1",
): Promise<OlderAnswers> {
  const fixture = fileURLToPath(new URL(`../fixtures/${version}`, import.meta.url));
  const { code, stderr } = await run(["tar", "-xzf", `${fixture}/library.tar.gz`, "-C", into]);
  if (code !== 0) throw new Error(`Cannot unpack the fixture: ${stderr}`);
  return JSON.parse(Deno.readTextFileSync(`${fixture}/answers.json`));
}
