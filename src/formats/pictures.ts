import { latin1 } from "./text.ts";

/** A value above this is a picture or an attack; what is kept of text is far less. */
export const VALUE_BYTES_MAX = 64 * 1024;

/** What the first bytes of a picture say that it is. */
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

/** A MIME type as programs write it: `JPG`, `image/jpg`, `PNG`; undefined for none. */
export function cleanMime(text: string): string | undefined {
  const mime = text.trim().toLowerCase();
  if (mime === "" || mime === "image/") return undefined;
  if (mime === "jpg" || mime === "image/jpg" || mime === "jpeg") return "image/jpeg";
  return mime.includes("/") || mime === "-->" ? mime : `image/${mime}`;
}
