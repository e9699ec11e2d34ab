import assert from "node:assert/strict";
import { sizeOfPicture } from "./picture_size.ts";

/** The first bytes of pictures of 20,000 by 3 pixels (WebP without an alpha channel: 12,000 by 3). */
const HEADS: Record<string, { hex: string; width: number }> = {
  png: { hex: "89504e470d0a1a0a0000000d4948445200004e200000000308060000", width: 20_000 },
  gif: { hex: "474946383961204e0300f70000", width: 20_000 },
  jpeg: {
    hex: "ffd8ffe000104a46494600010100000100010000ffffc20011080003" + "4e2003012200021101031101",
    width: 20_000,
  },
  "webp, lossy": {
    hex: "52494646fe000000574542505650382010000000300100" + "9d012ae02e030000",
    width: 12_000,
  },
  "webp, lossless": {
    hex: "52494646fe000000574542505650384c100000002f" + "dfae00000000000000000000",
    width: 12_000,
  },
  "webp, extended": {
    hex: "52494646fe000000574542505650385810000000100000001f4e00" + "020000",
    width: 20_000,
  },
};

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

Deno.test("the size of a picture is read from its header", () => {
  for (const [kind, { hex, width }] of Object.entries(HEADS)) {
    assert.deepEqual(sizeOfPicture(bytesOf(hex)), { width, height: 3 }, kind);
  }
});

Deno.test("a header that is cut off, empty or of something else tells no size", () => {
  for (const { hex } of Object.values(HEADS)) {
    const bytes = bytesOf(hex);
    for (let length = 0; length < 10; length++) {
      assert.equal(sizeOfPicture(bytes.subarray(0, length)), undefined);
    }
    for (let length = 10; length < bytes.length; length++) sizeOfPicture(bytes.subarray(0, length));
  }
  assert.equal(
    sizeOfPicture(new TextEncoder().encode("<html>no picture at all</html>")),
    undefined,
  );
  assert.equal(sizeOfPicture(bytesOf("474946383961000003000000")), undefined);
});
