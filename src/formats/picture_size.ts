import { latin1 } from "./text.ts";

/** Width and height in pixels, as a picture's header says. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The size of a JPEG, PNG, GIF or WebP picture by its header; undefined for other bytes, and where none is told. */
export function sizeOfPicture(bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = sizeByKind(view, latin1(bytes.subarray(0, 16)));
  return size === undefined || size.width === 0 || size.height === 0 ? undefined : size;
}

function sizeByKind(view: DataView, head: string): PictureSize | undefined {
  if (head.startsWith("\xff\xd8\xff")) return sizeOfJpeg(view);
  if (head.startsWith("\x89PNG\r\n\x1a\n") && head.slice(12) === "IHDR" && view.byteLength >= 24) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (head.startsWith("GIF8") && view.byteLength >= 10) {
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP" && view.byteLength >= 30) {
    return sizeOfWebp(view, head.slice(12));
  }
  return undefined;
}

/** Steps over the segments of a JPEG to its frame header, which has the size. */
function sizeOfJpeg(view: DataView): PictureSize | undefined {
  for (let at = 2; at + 9 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    // Any number of 0xff may stand before a marker, and these markers have no length.
    const isAlone = marker === 0xff || marker === 0x01 || marker >= 0xd0 && marker <= 0xd7;
    if (isAlone) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    // 0xc4, 0xc8 and 0xcc lie among the frame headers and are none. The picture's data begins with 0xda.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}

function sizeOfWebp(view: DataView, chunk: string): PictureSize | undefined {
  switch (chunk) {
    case "VP8 ":
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
    }
    case "VP8X": {
      const uint24 = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 2 ** 16;
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    }
  }
  return undefined;
}
