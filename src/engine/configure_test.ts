import assert from "node:assert/strict";
import type { Settings } from "../config/settings.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { decideConfiguration, decideLeaving } from "./configure.ts";

const music: OriginSettings = {
  id: "music",
  type: "local",
  root: "/music",
  priority: 1,
  bandwidth: null,
  dailyBudget: null,
};
const known = {
  id: "music",
  kind: "local",
  root: "/music",
  priority: 1,
  bandwidth: null,
  dailyBudget: null,
};

const placing = { template: "$title", names: "linux", fold_case: true } as const;
const views = { views: [], names: "linux", fold_case: true } as const;
const settings = {
  template: "$title",
  names: "linux",
  foldCase: true,
  views: [],
} satisfies Partial<Settings>;

function types(...args: Parameters<typeof decideConfiguration>): string[] {
  return decideConfiguration(...args).map((event) => event.type);
}

Deno.test("decideConfiguration() appends all settings to a new log, the template first", () => {
  const events = decideConfiguration(
    { origins: [], placing: undefined, views },
    { origins: [music], ...settings },
  );
  assert.deepEqual(events, [
    { type: "TemplateChanged", v: 1, data: placing },
    {
      type: "OriginConfigured",
      v: 1,
      data: { origin: "music", kind: "local", root: "/music", priority: 1 },
    },
  ]);
});

Deno.test("decideConfiguration() appends nothing twice", () => {
  assert.deepEqual(
    types({ origins: [known], placing, views }, { origins: [music], ...settings }),
    [],
  );
});

Deno.test("decideConfiguration() appends a moved root, and another priority", () => {
  for (const change of [{ root: "/other" }, { priority: 2 }]) {
    assert.deepEqual(
      types({ origins: [known], placing, views }, {
        origins: [{ ...music, ...change }],
        ...settings,
      }),
      ["OriginConfigured"],
    );
  }
});

Deno.test("decideConfiguration() names the origins in whose place a new one appeared", () => {
  const events = decideConfiguration(
    { origins: [known], placing, views },
    { origins: [{ ...music, id: "other" }], ...settings },
  );
  assert.deepEqual(events.map(({ data }) => "instead_of" in data && data.instead_of), [["music"]]);
});

Deno.test("decideLeaving() keeps an origin until a file was found in its successor", () => {
  const scanned = (
    id: string,
    tracks: number,
    last_scan_at: number | null = 1,
    ...instead_of: string[]
  ) => ({ id, tracks, unreadable: 0, last_scan_at, instead_of });
  const wanted = [{ id: "b" }, { id: "empty" }];
  const empty = scanned("empty", 0);
  for (
    const [b, unseen] of [
      [scanned("b", 0, null, "a"), ["b"]],
      [scanned("b", 0, 1, "a"), ["b"]],
      [scanned("b", 3, null, "a"), ["b"]],
      [scanned("b", 1, 1, "a"), []],
      [scanned("b", 0, null, "c"), []],
    ] as const
  ) {
    const { leaving, waiting } = decideLeaving([scanned("a", 5), b, empty], wanted);
    assert.deepEqual(
      [leaving, waiting],
      unseen.length > 0 ? [[], [{ id: "a", unseen }]] : [["a"], []],
    );
  }
  assert.deepEqual(decideLeaving([scanned("b", 3)], wanted), { leaving: [], waiting: [] });
  assert.deepEqual(decideLeaving([scanned("a", 3)], []), { leaving: ["a"], waiting: [] });
});

Deno.test("decideConfiguration() appends the rules for placing tracks when any of them changed", () => {
  for (
    const change of [{ template: "$artist" }, { names: "windows" }, { foldCase: false }] as const
  ) {
    assert.deepEqual(
      types({ origins: [known], placing, views }, { origins: [music], ...settings, ...change }),
      ["TemplateChanged"],
    );
  }
});

Deno.test("decideConfiguration() appends the views when they, or the rules of names, changed", () => {
  const classical = { name: "Classical", match: "genre:classical", template: "$title.$format" };
  const wanted = { origins: [], ...settings, views: [classical] };
  const without = { origins: [], placing, views };
  assert.deepEqual(decideConfiguration(without, wanted), [
    { type: "ViewsChanged", v: 1, data: { ...views, views: [classical] } },
  ]);
  const known = { ...without, views: { ...views, views: [classical] } };
  assert.deepEqual(types(known, wanted), []);
  assert.deepEqual(types(known, { ...wanted, views: [] }), ["ViewsChanged"]);
  for (const key of ["name", "match", "template"]) {
    const other = { ...classical, [key]: "other" };
    assert.deepEqual(types(known, { ...wanted, views: [other] }), ["ViewsChanged"]);
  }
  assert.deepEqual(types(known, { ...wanted, foldCase: false }), [
    "TemplateChanged",
    "ViewsChanged",
  ]);
  assert.deepEqual(types(without, { ...wanted, views: [], foldCase: false }), ["TemplateChanged"]);
});

Deno.test("decideConfiguration() appends views, but not that there are none, to a library that says nothing of them", () => {
  const unknown = { origins: [], placing, views: undefined };
  const all = { name: "All", match: "", template: "$title.$format" };
  assert.deepEqual(types(unknown, { origins: [], ...settings, views: [all] }), ["ViewsChanged"]);
  assert.deepEqual(types(unknown, { origins: [], ...settings }), []);
});

Deno.test("decideConfiguration() never gives two origins the same priority, also when one is put before them", () => {
  const origin = (id: string, priority: number): OriginSettings => ({ ...music, id, priority });
  const order = (before: OriginSettings[], after: OriginSettings[]) => {
    const known = before.map((it) => ({ ...it, kind: it.type }));
    const events = decideConfiguration(
      { origins: known, placing, views },
      { origins: after, ...settings },
    );
    return events.flatMap((it) => it.type === "OriginConfigured" ? it.data.origin : []);
  };
  const two = [origin("a", 1), origin("b", 2)];
  const three = [origin("new", 1), origin("a", 2), origin("b", 3)];
  assert.deepEqual(order(two, three), ["b", "a", "new"]);
  assert.deepEqual(order(three, two), ["a", "b"]);
});
