import assert from "node:assert/strict";
import { isAudioName, unknownExtension } from "./audio_names.ts";

Deno.test("what players play is looked into, by its extension in any case", () => {
  for (const name of ["a.FLAC", "b.tta", "c.tak", "d.eac3", "e.dts", "f.webm", "g.shn", "h.mp1"]) {
    assert.ok(isAudioName(name), name);
    assert.equal(unknownExtension(name), undefined);
  }
  for (const name of ["a.mod", "b.xm", "c.it", "d.s3m"]) assert.ok(isAudioName(name), name);
});

Deno.test("only what nobody knows has an unknown extension", () => {
  assert.equal(unknownExtension("Song.VQF"), "vqf");
  assert.equal(unknownExtension("a.b.sid"), "sid");
  const known = ["cover.jpg", "Album.cue", "x.log", "x.TXT", "booklet.pdf", "list.m3u8", "a.nfo"];
  const none = ["README", ".hidden.vqf", "Mr. Somebody and others", "x.", "Vol. 1", "x.äöü"];
  for (const name of [...known, ...none]) assert.equal(unknownExtension(name), undefined, name);
});
