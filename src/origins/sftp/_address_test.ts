import assert from "node:assert/strict";
import { parseSftpUrl } from "./_address.ts";

Deno.test("parseSftpUrl takes a URL apart", () => {
  const parts = (url: string) => {
    const { user, host, port, path } = parseSftpUrl(url);
    return [user, host, port, path];
  };
  assert.deepEqual(parts("sftp://ada@nas:2222/srv/music"), ["ada", "nas", 2222, "/srv/music"]);
  assert.deepEqual(parts("sftp://nas"), [undefined, "nas", undefined, "/"]);
  assert.deepEqual(parts("sftp://nas/music//"), [undefined, "nas", undefined, "/music"]);
  assert.deepEqual(parts("SFTP://a%40b@[fe80::1]:22/x"), ["a@b", "fe80::1", 22, "/x"]);
  assert.deepEqual(parts("sftp://nas/My%20Music"), [undefined, "nas", undefined, "/My Music"]);
  assert.deepEqual(parts("sftp://nas/100% #1?"), [undefined, "nas", undefined, "/100% #1?"]);
  assert.deepEqual(parts("sftp://nas/~/Music"), [undefined, "nas", undefined, "Music"]);
  assert.deepEqual(parts("sftp://nas/~"), [undefined, "nas", undefined, "."]);
});

Deno.test("parseSftpUrl refuses what is no such URL", () => {
  for (const url of ["", "sftp://", "sftp:///x", "s3://nas/x", "sftp://nas:x/y"]) {
    assert.throws(() => parseSftpUrl(url), TypeError, url);
  }
});
