import { latin1 } from "./text.ts";

/** A larger value is a picture or an attack; far less text is kept. */
export const VALUE_BYTES_MAX = 64 * 1024;

/** The MIME type of a picture, judged by its first bytes; undefined when they are unknown. */
export function mimeOfPicture(head: Uint8Array): string | undefined {
  const text = latin1(head.subarray(0, 12));
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("\x89PNG")) return "image/png";
  if (text.startsWith("GIF8")) return "image/gif";
  if (text.startsWith("BM")) return "image/bmp";
  if (text.startsWith("RIFF") && text.slice(8) === "WEBP") return "image/webp";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "image/tiff";
  return undefined;
}

/**
 * The MIME type by a picture's first bytes; where those are unknown, the one that the tag claims, marked as a claim.
 */
export function kindOfPicture(
  head: Uint8Array,
  claim: string | undefined,
): { mime?: string; claimed?: true } {
  const mime = mimeOfPicture(head);
  if (mime !== undefined) return { mime };
  return claim === undefined ? {} : { mime: claim, claimed: true };
}

/** The MIME type behind a program's spelling of it: `JPG`, `image/jpg`, `PNG`; undefined for none. */
export function cleanMime(text: string): string | undefined {
  const mime = text.trim().toLowerCase();
  if (mime === "" || mime === "image/") return undefined;
  if (mime === "jpg" || mime === "image/jpg" || mime === "jpeg") return "image/jpeg";
  return mime.includes("/") || mime === "-->" ? mime : `image/${mime}`;
}
