import assert from "node:assert/strict";
import type { PicturePlace } from "../../events/mod.ts";
import { PICTURE_BYTES_MAX, toTrackId } from "../../src/base/mod.ts";
import { chooseEmbedded, chooseFile, fitnessOf, isCoverName, OneAlbum } from "./cover_choice.ts";

const SIZE = 1_000;

function picture(length: number, more: Partial<PicturePlace> = {}): PicturePlace {
  return { type: 3, mime: "image/jpeg", offset: 10, length, ...more };
}

/** The choice as `track:index.extension`; each list has the pictures of tracks 1, 2 and so on. */
function chosen(...lists: PicturePlace[][]): string | undefined {
  const tracks = lists.map((pictures, i) => ({ track: toTrackId(i + 1), size: SIZE, pictures }));
  const cover = chooseEmbedded(tracks.reverse());
  return cover && `${cover.track.track}:${cover.index}.${cover.extension}`;
}

Deno.test("cover choice: the picture that most tracks have, of several the one of the lowest track", () => {
  assert.equal(chosen(), undefined);
  assert.equal(chosen([], [picture(5)]), "2:0.jpg");
  assert.equal(chosen([picture(5)], [picture(6)], [picture(6)]), "2:0.jpg");
  assert.equal(chosen([picture(5)], [picture(6)]), "1:0.jpg");
  assert.equal(chosen([picture(5), picture(7)], [picture(6)], [picture(7)]), "1:1.jpg");
  assert.equal(chosen([picture(7), picture(7)], [picture(6)], [picture(6)]), "2:0.jpg");
  // Equal in size and of other kinds.
  const png = picture(5, { mime: "image/png" });
  assert.equal(chosen([picture(5)], [png], [png]), "2:0.png");
});

Deno.test("cover choice: front covers come before all others, icons behind them", () => {
  const [back, icon] = [picture(5, { type: 4 }), picture(5, { type: 1 })];
  assert.equal(chosen([back], [back], [back, picture(6)]), "3:1.jpg");
  assert.equal(chosen([icon], [icon, back]), "2:1.jpg");
  assert.equal(chosen([icon]), "1:0.jpg");
});

Deno.test("cover choice: what can't be shown as it lies there is passed over, with the reason", () => {
  const unfit: [Partial<PicturePlace>, RegExp][] = [
    [{ encoding: "base64" }, /encoded \(base64\)/],
    [{ encoding: "unsynchronised" }, /encoded/],
    [{ paged: true }, /Ogg pages/],
    [{ length: 0 }, /empty/],
    [{ size: 6 }, /cut off/],
    [{ offset: SIZE - 4 }, /cut off/],
    [{ claimed: true }, /no known kind/],
    [{ mime: "image/tiff" }, /image\/tiff/],
    [{ mime: "-->" }, /-->/],
  ];
  for (const [more, reason] of unfit) {
    const bad = picture(5, more);
    assert.match(fitnessOf(bad, SIZE).unfit ?? "", reason);
    assert.equal(chosen([bad], [bad], [picture(7)]), "3:0.jpg");
  }
  const { mime: _, ...unknown } = picture(5);
  assert.match(fitnessOf(unknown, SIZE).unfit!, /no known kind/);
  const large = picture(PICTURE_BYTES_MAX + 1);
  assert.match(fitnessOf(large, 2 * PICTURE_BYTES_MAX).unfit!, /more than/);
  assert.equal(fitnessOf(picture(PICTURE_BYTES_MAX), 2 * PICTURE_BYTES_MAX).extension, "jpg");
  assert.equal(fitnessOf(picture(SIZE - 10, { size: SIZE - 10 }), SIZE).extension, "jpg");
});

Deno.test("cover choice: the file beside most tracks, then by its name and extension, then by number", () => {
  const file = (name: string, number: number, tracks = 1, size = 9) => (
    { name, number, tracks, size }
  );
  const choice = (...files: ReturnType<typeof file>[]) => {
    const found = chooseFile(files);
    return found && `${found.file.name} ${found.extension}`;
  };
  assert.equal(choice(), undefined);
  assert.equal(choice(file("folder.jpg", 1), file("Cover.PNG", 2)), "Cover.PNG png");
  assert.equal(choice(file("folder.jpg", 1, 2), file("cover.png", 2)), "folder.jpg jpg");
  assert.equal(choice(file("cover.webp", 1), file("cover.JPEG", 2)), "cover.JPEG jpg");
  assert.equal(choice(file("COVER.jpg", 2), file("cover.jpg", 1)), "cover.jpg jpg");
  assert.equal(choice(file("cover.jpg", 1, 1, 0), file("album.png", 2)), "album.png png");
  assert.equal(choice(file("cover.jpg", 1, 1, PICTURE_BYTES_MAX + 1)), undefined);
  for (const name of ["cover.gif", "mycover.jpg", "cover.jpg.txt", "back.jpg", "cover"]) {
    assert.equal(isCoverName(name), false, name);
  }
});

Deno.test("one album: one name, regardless of case, and one album artist where tracks name one", () => {
  const isOne = (...tracks: [string, string][]) => {
    const one = new OneAlbum();
    return tracks.map(([album, artist]) => one.add(album, artist)).every((it) => it);
  };
  assert.equal(isOne(["A", ""], ["a", "Ada"], ["A", "ADA"], ["A", ""]), true);
  assert.equal(isOne(["A", ""], ["B", ""]), false);
  assert.equal(isOne(["A", "Ada"], ["A", ""], ["A", "Bob"]), false);
  assert.equal(isOne(["", ""]), false);
});
