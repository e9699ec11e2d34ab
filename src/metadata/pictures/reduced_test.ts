import assert from "node:assert/strict";
import fc from "fast-check";
import { type Pixels, reduced } from "./reduced.ts";

function plane(width: number, height: number, at: (x: number, y: number) => number[]): Pixels {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgba.set(at(x, y), (y * width + x) * 4);
  }
  return { width, height, rgba };
}

function pixel({ width, rgba }: Pixels, x: number, y: number): number[] {
  return [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

Deno.test("a pixel of the smaller picture is the mean of what it covers", () => {
  // Left half black, right half white, in columns of which the middle one is covered by half each.
  const halves = plane(3, 2, (x) => x === 0 ? [0, 0, 0, 255] : [255, 255, 255, 255]);
  const small = reduced(halves, { width: 2, height: 1 });
  assert.deepEqual([small.width, small.height, small.rgba.length], [2, 1, 8]);
  assert.deepEqual(pixel(small, 0, 0), [85, 85, 85, 255]);
  assert.deepEqual(pixel(small, 1, 0), [255, 255, 255, 255]);
  const rows = plane(1, 5, (_, y) => [y * 50, 0, 0, 255]);
  assert.deepEqual(pixel(reduced(rows, { width: 1, height: 1 }), 0, 0), [100, 0, 0, 255]);
  const chess = plane(
    100,
    100,
    (x, y) => (x + y) % 2 === 0 ? [0, 0, 0, 255] : [255, 255, 255, 255],
  );
  const grey = reduced(chess, { width: 10, height: 10 });
  assert.deepEqual(new Set(grey.rgba), new Set([128, 255]), "a fine pattern is an even tone");
});

Deno.test("what can be seen through stands on white", () => {
  const glass = plane(2, 2, () => [200, 0, 0, 51]);
  assert.deepEqual(pixel(reduced(glass, { width: 1, height: 1 }), 0, 0), [244, 204, 204, 255]);
  const nothing = plane(2, 2, () => [9, 9, 9, 0]);
  assert.deepEqual(pixel(reduced(nothing, { width: 2, height: 2 }), 1, 1), [255, 255, 255, 255]);
});

Deno.test("one colour stays that colour, whatever the sizes are", () => {
  const side = fc.integer({ min: 1, max: 60 });
  const colour = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(side, side, side, side, colour, (width, height, w, h, c) => {
      const to = { width: Math.min(width, w), height: Math.min(height, h) };
      const { rgba } = reduced(plane(width, height, () => [c, 255 - c, 7, 255]), to);
      for (let at = 0; at < rgba.length; at += 4) {
        assert.deepEqual([...rgba.subarray(at, at + 4)], [c, 255 - c, 7, 255]);
      }
    }),
    { numRuns: 200 },
  );
});
