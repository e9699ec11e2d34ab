import assert from "node:assert/strict";
import { openLibrary, TrackSearch } from "../../projections/mod.ts";
import { openLibraryFile } from "../../projections/library_file.ts";
import { parseQuery } from "../../src/query/mod.ts";
import { misspelled } from "../support/misspelling.ts";
import { artistName, ARTISTS, chance, namedFile } from "../support/named_library.ts";
import { SyntheticLog } from "../support/synthetic_log.ts";

Deno.test("search: of 100 misspelled artists among 5,000, at least 90 are among the first five tracks", async () => {
  const directory = await Deno.makeTempDir();
  const log = new SyntheticLog(ARTISTS, (i) => {
    const file = namedFile(i);
    const artist = artistName(i);
    return { ...file, tags: { ...file.tags, artist, artists: [artist], albumartist: artist } };
  });
  const projector = await openLibrary({ directory, log });
  await projector.close();
  const { db } = openLibraryFile(directory)!;
  try {
    const search = new TrackSearch(db);
    const missed: string[] = [];
    let asked = 0;
    for (let seed = 1; asked < 100; seed++) {
      const artist = artistName(Math.floor(chance(seed, 77) * ARTISTS));
      const typed = misspelled(artist, seed);
      if (typed === artist.toLowerCase()) continue;
      asked++;
      const { tracks } = search.find(parseQuery(typed), { limit: 5 });
      if (!tracks.some((track) => track.artist === artist)) missed.push(`${typed} for ${artist}`);
    }
    assert.ok(missed.length <= 10, missed.join(", "));
  } finally {
    db.close();
    await Deno.remove(directory, { recursive: true });
  }
});
