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
