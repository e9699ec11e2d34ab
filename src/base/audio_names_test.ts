import assert from "node:assert/strict";
import { isAudioName, unknownExtension } from "./audio_names.ts";

Deno.test("isAudioName() knows the extensions that players play, in any case", () => {
  for (const name of ["a.FLAC", "b.tta", "c.tak", "d.eac3", "e.dts", "f.webm", "g.shn", "h.mp1"]) {
    assert.ok(isAudioName(name), name);
    assert.equal(unknownExtension(name), undefined);
  }
  for (const name of ["a.mod", "b.xm", "c.it", "d.s3m"]) assert.ok(isAudioName(name), name);
});

Deno.test("unknownExtension() is given for no listed kind of file", () => {
  assert.equal(unknownExtension("Song.VQF"), "vqf");
  assert.equal(unknownExtension("a.b.sid"), "sid");
  const known = ["cover.jpg", "Album.cue", "x.log", "x.TXT", "booklet.pdf", "list.m3u8", "a.nfo"];
  const none = ["README", ".hidden.vqf", "Mr. Somebody and others", "x.", "Vol. 1", "x.äöü"];
  for (const name of [...known, ...none]) assert.equal(unknownExtension(name), undefined, name);
});
