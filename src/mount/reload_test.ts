import assert from "node:assert/strict";
import type { Settings } from "../config/settings.ts";
import { compareSettings } from "./reload.ts";

Deno.test("compareSettings() takes what a running mount can change, and names what it can't", () => {
  const before = {
    template: "$title",
    stateDir: "/state",
    cacheDir: "/cache",
    socket: "/run/socket",
    logLevel: "info",
    origins: [],
    schedule: null,
    showHidden: false,
    coverSources: ["files", "embedded"],
    coverSizes: [600],
    listCoverSizes: false,
    searchEnabled: true,
    smartCollections: true,
    views: [],
    mount: null,
  } as unknown as Settings;
  assert.deepEqual(compareSettings(before, { ...before }), {
    settings: before,
    changed: [],
    left: [],
  });
  const after: Settings = {
    ...before,
    cacheDir: "/other",
    schedule: "0 4 * * *",
    logLevel: "debug",
  };
  assert.deepEqual(compareSettings(before, after), {
    settings: { ...after, cacheDir: "/cache" },
    changed: ["log level", "scan.schedule"],
    left: ["cache directory"],
  });
});
