import {
  CHUNK_BYTES_MAX,
  COVER_PIXELS_MAX,
  formatCount,
  PICTURE_PIXELS_MAX,
} from "../../base/mod.ts";
import { mimeOfPicture, sizeOfPicture } from "../../formats/mod.ts";
import { isOutOfMemory } from "../parser/out_of_memory.ts";
import { type Pixels, reduced } from "./reduced.ts";

/** A JPEG of at most CHUNK_BYTES_MAX, or why there is none. */
export type ResizedPicture =
  | { readonly jpeg: Uint8Array }
  | {
    readonly unfit: string;
    /** Decoding ended in the middle: this process must not decode another picture. */
    readonly isBroken?: true;
  };

/** Qualities of the JPEG, each tried when the one before takes too many bytes; the first is hardly ever too large. */
const QUALITIES = [85, 70, 50, 30, 10];

/**
 * A picture with its longer side made `pixels` long, or as it is where that is shorter: a small JPEG stays the bytes
 * that it is, another kind of picture becomes a JPEG. Of a moving picture it is the first frame.
 */
export async function resizePicture(
  bytes: Uint8Array<ArrayBuffer>,
  pixels: number,
): Promise<ResizedPicture> {
  const size = sizeOfPicture(bytes);
  if (size === undefined) return { unfit: "its bytes are of no known kind of picture" };
  const { width, height } = size;
  if (width * height > PICTURE_PIXELS_MAX) {
    const most = `${formatCount(PICTURE_PIXELS_MAX)} pixels`;
    return { unfit: `it has ${formatCount(width)} × ${formatCount(height)}, more than ${most}` };
  }
  const isSmall = Math.max(width, height) <= pixels && bytes.length <= CHUNK_BYTES_MAX;
  if (isSmall && mimeOfPicture(bytes) === "image/jpeg") return { jpeg: bytes };
  const { PhotonImage } = await import("@cf-wasm/photon");
  let decoded: Pixels;
  try {
    const image = PhotonImage.new_from_byteslice(bytes);
    decoded = {
      width: image.get_width(),
      height: image.get_height(),
      rgba: image.get_raw_pixels(),
    };
    image.free();
  } catch (error) {
    if (isOutOfMemory(error)) throw error;
    return { unfit: "it is damaged, or of a kind that can't be decoded", isBroken: true };
  }
  const scale = Math.min(1, pixels / Math.max(decoded.width, decoded.height));
  const [toWidth, toHeight] = [decoded.width, decoded.height]
    .map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const small = reduced(decoded, { width: toWidth, height: toHeight });
  const image = new PhotonImage(small.rgba, toWidth, toHeight);
  for (const quality of QUALITIES) {
    const jpeg = image.get_bytes_jpeg(quality);
    if (jpeg.length <= CHUNK_BYTES_MAX) return { jpeg };
  }
  return { unfit: `it has too much detail for ${COVER_PIXELS_MAX} pixels` };
}
