import assert from "node:assert/strict";
import fc from "fast-check";
import {
  about,
  anyOf,
  count,
  fits,
  flag,
  integer,
  list,
  map,
  nothing,
  number,
  object,
  oneOf,
  optional,
  orNull,
  type Shape,
  type ShapeOf,
  text,
} from "./shapes.ts";

const TRACK = object({
  title: text,
  no: optional(count),
  artists: list(object({ name: text, role: oneOf("singer", "writer") })),
  cover: orNull(text),
});

// This does not compile unless the type is the one that the shape describes.
const TYPED: ShapeOf<typeof TRACK> = {
  title: "t",
  artists: [{ name: "n", role: "singer" }],
  cover: null,
};
// @ts-expect-error a field that is not optional may not be missing
const UNTITLED: ShapeOf<typeof TRACK> = { artists: [], cover: null };

Deno.test("a shape lets a value through, or says where it is wrong and what was expected", () => {
  const cases: [Shape<unknown>, unknown, string | null][] = [
    [text, "a", null],
    [text, 1, " is not a text"],
    [flag, 0, " is not true or false"],
    [number, NaN, " is not a number"],
    [number, "1", " is not a number"],
    [count, 2 ** 53, " is not a whole number of at least 0"],
    [count, -1, " is not a whole number of at least 0"],
    [count, 1.5, " is not a whole number of at least 0"],
    [count, Number.MAX_SAFE_INTEGER, null],
    [integer, -1, null],
    [integer, "1", " is not a whole number"],
    [nothing, undefined, " is not null"],
    [oneOf("a", "b"), "c", " is none of a, b"],
    [orNull(count), null, null],
    [orNull(count), undefined, " is not a whole number of at least 0"],
    [list(text), ["a", 1], "[1] is not a text"],
    [list(text), { length: 0 }, " is not a list of which each is a text"],
    [anyOf(text, count), -1, " is not a text, or a whole number of at least 0"],
    [map(list(count)), { a: [1], b: [] }, null],
    [map(list(count)), { a: [1], b: [-1] }, ".b[0] is not a whole number of at least 0"],
    [map(text), ["a"], " is not an object"],
    [TRACK, TYPED, null],
    [TRACK, { ...TYPED, no: undefined, later: 1 }, null],
    [TRACK, UNTITLED, ".title is not a text"],
    [TRACK, { ...TYPED, no: -1 }, ".no is not a whole number of at least 0"],
    [
      TRACK,
      { ...TYPED, artists: [{ name: "n", role: "x" }] },
      ".artists[0].role is none of singer, writer",
    ],
    [TRACK, [], " is not an object"],
    [TRACK, null, " is not an object"],
    [object({ toString: text }), {}, ".toString is not a text"],
  ];
  for (const [shape, value, problem] of cases) {
    assert.equal(shape.problem(value), problem, JSON.stringify(value));
    assert.equal(fits(shape, value), problem === null);
  }
});

Deno.test("a shape says the same as JSON Schema", () => {
  assert.deepEqual(TRACK.schema, {
    type: "object",
    properties: {
      title: { type: "string" },
      no: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      artists: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { type: "string" }, role: { enum: ["singer", "writer"] } },
          required: ["name", "role"],
        },
      },
      cover: { type: ["string", "null"] },
    },
    required: ["title", "artists", "cover"],
  });
  assert.deepEqual(about("In ms.", orNull(oneOf("a"))).schema, {
    anyOf: [{ enum: ["a"] }, { type: "null" }],
    description: "In ms.",
  });
});

Deno.test("no value makes a shape throw", () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (value) => {
    for (const shape of [TRACK, list(TRACK), orNull(TRACK), anyOf(TRACK, text)]) {
      const problem = shape.problem(value);
      assert(problem === null || typeof problem === "string");
    }
  }));
});
