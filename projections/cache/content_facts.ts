import type { ContentFacts } from "../../events/facts/cache.ts";

/** What is known of a version of a file, by the log or by a row. */
type Known =
  & Pick<ContentFacts, "size" | "mtime_s" | "mtime_ns">
  & { readonly [Fact in "etag" | "audio"]?: string | null }
  & { readonly [Fact in "audio_start" | "audio_end"]?: number | null };

/** The facts about its content alone, of whatever says more. */
export function contentFacts(known: Known): ContentFacts {
  const { size, mtime_s, mtime_ns, etag, audio, audio_start, audio_end } = known;
  return {
    ...{ size, mtime_s, mtime_ns },
    ...(etag != null && { etag }),
    ...(audio != null && { audio }),
    ...(audio_start != null && { audio_start }),
    ...(audio_end != null && { audio_end }),
  };
}
