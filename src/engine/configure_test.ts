import assert from "node:assert/strict";
import type { OriginSettings } from "../control/protocol.ts";
import { decideConfiguration } from "./configure.ts";

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

function types(...args: Parameters<typeof decideConfiguration>): string[] {
  return decideConfiguration(...args).map((event) => event.type);
}

Deno.test("decideConfiguration() says everything to a new log, the template first", () => {
  const events = decideConfiguration(
    { origins: [], template: undefined },
    { origins: [music], template: "$title" },
  );
  assert.deepEqual(events, [
    { type: "TemplateChanged", v: 1, data: { template: "$title" } },
    {
      type: "OriginConfigured",
      v: 1,
      data: { origin: "music", kind: "local", root: "/music", priority: 1 },
    },
  ]);
});

Deno.test("decideConfiguration() says nothing twice", () => {
  assert.deepEqual(
    types({ origins: [known], template: "$title" }, { origins: [music], template: "$title" }),
    [],
  );
});

Deno.test("decideConfiguration() tells a moved root, another priority, and an origin that is gone", () => {
  for (const change of [{ root: "/other" }, { priority: 2 }]) {
    assert.deepEqual(
      types({ origins: [known], template: "t" }, {
        origins: [{ ...music, ...change }],
        template: "t",
      }),
      ["OriginConfigured"],
    );
  }
  assert.deepEqual(
    types({ origins: [known], template: "t" }, { origins: [], template: "t" }),
    ["OriginRemoved"],
  );
});

Deno.test("decideConfiguration() lets no two origins meet at one priority when one is put before them", () => {
  const origin = (id: string, priority: number): OriginSettings => ({ ...music, id, priority });
  const order = (before: OriginSettings[], after: OriginSettings[]) => {
    const known = before.map((it) => ({ ...it, kind: it.type }));
    const template = "$title.$format";
    const events = decideConfiguration({ origins: known, template }, { origins: after, template });
    return events.flatMap((it) => it.type === "OriginConfigured" ? it.data.origin : []);
  };
  const two = [origin("a", 1), origin("b", 2)];
  const three = [origin("new", 1), origin("a", 2), origin("b", 3)];
  assert.deepEqual(order(two, three), ["b", "a", "new"]);
  assert.deepEqual(order(three, two), ["a", "b"]);
});
