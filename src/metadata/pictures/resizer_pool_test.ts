import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PhotonImage } from "@cf-wasm/photon";
import { CHUNK_BYTES_MAX } from "../../base/mod.ts";
import { mimeOfPicture, sizeOfPicture } from "../../formats/mod.ts";
import { resizerPool } from "./resizer_pool.ts";

/** 20 by 10 pixels of red in CMYK, as Pillow writes it. */
const CMYK =
  "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2Rj" +
  "csLUBXQUZMTlJTUjI+WmFaUGBKUVJP/8AAFAgACgAUBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAAH/8QAFBAB" +
  "AAAAAAAAAAAAAAAAAAAAAP/aAA4EQwBNAFkASwAAPwCnJgmCnAAAAAAA/9k=";
/** 20 by 10 pixels that are red first and blue then. */
const MOVING =
  "R0lGODdhFAAKAIEAAP8AAAAAAAAAAAAAACwAAAAAFAAKAAAIGQABCBxIsKDBgwgTKlzIsKHDhxAjSpyoMCAA" +
  "LAAAAAAUAAoAgQAA/wAAAAAAAAAAAAgZAAEIHEiwoMGDCBMqXMiwocOHECNKnKgwIAA7";

/** A picture of one colour with a lighter half. */
function picture(width: number, height: number): PhotonImage {
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    rgba.set(i % width < width / 2 ? [200, 30, 30, 255] : [250, 200, 200, 255], i * 4);
  }
  return new PhotonImage(rgba, width, height);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** The colour of the first pixel of a JPEG. */
function firstPixel(jpeg: Uint8Array): number[] {
  return [...PhotonImage.new_from_byteslice(jpeg).get_raw_pixels().subarray(0, 3)];
}

function near(found: readonly number[], wanted: readonly number[]): void {
  const isNear = wanted.every((value, i) => Math.abs(value - found[i]!) < 12);
  assert.ok(isNear, `${found} is near ${wanted}`);
}

async function withPool(
  use: (
    resize: (bytes: Uint8Array, pixels: number) => Promise<Uint8Array | string>,
  ) => Promise<void>,
): Promise<void> {
  const pool = resizerPool();
  try {
    await use(async (bytes, pixels) => {
      const answer = await pool.resize(new Uint8Array(bytes), pixels);
      return "unfit" in answer ? answer.unfit : bytesOf(answer.jpeg);
    });
  } finally {
    await pool.close();
  }
}

Deno.test("pictures of every kind become JPEGs with the wanted longer side, and none is enlarged", async () => {
  const large = picture(400, 200);
  const sources = {
    jpeg: large.get_bytes_jpeg(90),
    png: large.get_bytes(),
    webp: large.get_bytes_webp(),
  };
  await withPool(async (resize) => {
    for (const [kind, bytes] of Object.entries(sources)) {
      const small = await resize(bytes, 100) as Uint8Array;
      assert.equal(mimeOfPicture(small), "image/jpeg", kind);
      assert.deepEqual(sizeOfPicture(small), { width: 100, height: 50 }, kind);
      near(firstPixel(small), [200, 30, 30]);
    }
    const tall = await resize(picture(1, 900).get_bytes(), 300) as Uint8Array;
    assert.deepEqual(sizeOfPicture(tall), { width: 1, height: 300 }, "no side vanishes");

    assert.deepEqual(
      await resize(sources.jpeg, 400),
      new Uint8Array(sources.jpeg),
      "its own bytes",
    );
    const asLarge = await resize(sources.png, 1_000) as Uint8Array;
    assert.deepEqual(sizeOfPicture(asLarge), { width: 400, height: 200 });
    for (const odd of [CMYK, MOVING]) {
      const small = await resize(bytesOf(odd), 16) as Uint8Array;
      assert.deepEqual(sizeOfPicture(small), { width: 16, height: 8 });
      near(firstPixel(small), [255, 0, 0]);
    }
  });
});

Deno.test("a picture full of detail takes no more than a chunk", async () => {
  const rgba = new Uint8Array(1_000 * 1_000 * 4);
  for (let at = 0; at < rgba.length; at += 65_536) {
    crypto.getRandomValues(rgba.subarray(at, at + 65_536));
  }
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  const noise = new PhotonImage(rgba, 1_000, 1_000).get_bytes();
  await withPool(async (resize) => {
    const jpeg = await resize(noise, 1_000) as Uint8Array;
    assert.deepEqual(sizeOfPicture(jpeg), { width: 1_000, height: 1_000 });
    assert.ok(jpeg.length <= CHUNK_BYTES_MAX, `${jpeg.length}`);
  });
});

Deno.test("what is no picture, too large, or damaged has a reason, and the next one is made all the same", async () => {
  const good = picture(400, 400).get_bytes();
  const bomb = good.slice();
  new DataView(bomb.buffer).setUint32(16, 20_000);
  new DataView(bomb.buffer).setUint32(20, 20_000);
  const overwritten = good.slice();
  overwritten.fill(0x55, 60, 400);
  const cut = picture(400, 400).get_bytes_jpeg(90).slice(0, 1_500);
  const text = new TextEncoder().encode("<html>no picture at all</html>");
  await withPool(async (resize) => {
    const damaged = /^it is damaged, or of a kind that can't be decoded$/;
    for (
      const [bytes, reason] of [
        [text, /^its bytes are of no known kind of picture$/],
        [new Uint8Array(), /^its bytes are of no known kind of picture$/],
        [bomb, /^it has 20,000 × 20,000, more than 50,000,000 pixels$/],
        [overwritten, damaged],
        [cut, damaged],
      ] as const
    ) {
      assert.match(await resize(bytes, 100) as string, reason);
    }
    const [one, other] = await Promise.all([resize(good, 100), resize(good, 150)]);
    assert.deepEqual(sizeOfPicture(one as Uint8Array), { width: 100, height: 100 });
    assert.deepEqual(sizeOfPicture(other as Uint8Array), { width: 150, height: 150 });
  });
});
