import assert from "node:assert/strict";
import { mountAt, parseMountinfo } from "./mountinfo.ts";

const TEXT = [
  "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
  "36 22 0:31 / /mnt/my\\040music ro,nosuid,nodev shared:1 - fuse.musicfs musicfs ro,user_id=0",
  "37 22 0:32 / /mnt/my\\040music ro - tmpfs top\\134level rw",
  "",
].join("\n");

Deno.test("a mount point with a space is found, and the topmost mount at it", () => {
  assert.deepEqual(mountAt("/mnt/my music", TEXT), {
    id: 37,
    device: "0:32",
    mountpoint: "/mnt/my music",
    type: "tmpfs",
    source: "top\\level",
  });
  assert.equal(mountAt("/mnt", TEXT), undefined);
  assert.equal(parseMountinfo(TEXT)[1]?.type, "fuse.musicfs");
});

Deno.test("the running system's mounts are read", () => {
  assert.equal(mountAt("/proc")?.type, "proc");
});
