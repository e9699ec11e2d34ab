import type { ContentFacts } from "../../events/facts/cache.ts";

/** The facts of a version of a file, as an event or a row has them. */
type Known =
  & Pick<ContentFacts, "size" | "mtime_s" | "mtime_ns">
  & { readonly [Fact in "etag" | "audio"]?: string | null }
  & { readonly [Fact in "audio_start" | "audio_end"]?: number | null };

/** The facts about the content alone, without any others that `known` has. */
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
