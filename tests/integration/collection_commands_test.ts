/** `musicfs collection ...` with no daemon running. */
import assert from "node:assert/strict";
import { configured, flac, observed, template } from "../support/music_events.ts";
import { played } from "../support/content_events.ts";
import { Home } from "../support/home.ts";

const FILES = [
  flac(1024, "a.flac", {
    title: "So What",
    artist: "Ada",
    album: "One",
    genre: ["Jazz"],
    year: 1959,
  }),
  flac(1025, "b.flac", {
    title: "Naima",
    artist: "Ada",
    album: "One",
    genre: ["Jazz"],
    year: 1960,
  }),
  flac(
    1026,
    "c.flac",
    { title: "Help!", artist: "Bob", album: "Two", genre: ["Pop"], year: 1965 },
    {
      properties: { duration_ms: 138_600 },
    },
  ),
];

Deno.test("collections are saved, shown, renamed, exported and removed, with no daemon running", async () => {
  await using home = new Home();
  const musicfs = (...args: string[]) => home.musicfs(...args);
  const json = (...args: string[]) => home.json(...args);
  const missing = await musicfs("collection", "save", "Jazz", "genre:jazz");
  assert.notEqual(missing.code, 0, "without a log there is nothing to save it in");
  await home.append(
    template("$artist/$album/$title.$format"),
    configured("local", home.music),
    observed(1, ...FILES),
    played(1026),
  );
  assert.equal((await musicfs("events", "replay")).code, 0);

  const saved = await musicfs("collection", "save", "Jazz from 1960", "genre:jazz", "year:>=1960");
  assert.deepEqual([saved.code, saved.stdout], [0, "Saved Jazz from 1960\n"], saved.stderr);
  const again = await json("collection", "save", "JAZZ from 1960", "genre:jazz sort:-year");
  assert.deepEqual(again.value, {
    ...{ name: "JAZZ from 1960", query: "genre:jazz sort:-year", replaced: true },
  });
  const { value: { collections } } = await json("collection", "list");
  assert.deepEqual(
    collections.map(({ name, built_in }: { name: string; built_in: boolean }) => [name, built_in]),
    [
      ...["Recently Added", "Recently Played", "Most Played", "Never Played", "Duplicates", "50s"],
      "60s",
    ].map((name): [string, boolean] => [name, true]).concat([["JAZZ from 1960", false]]),
  );
  assert.equal(
    (await musicfs("collection", "show", "jazz from 1960")).stdout,
    "Ada/One/Naima.flac\nAda/One/So What.flac\n",
  );
  const { value: shown } = await json("collection", "show", "60S", "--limit", "1");
  assert.deepEqual([shown.name, shown.more, shown.tracks], [
    ...["60s", true],
    [{ path: "Ada/One/Naima.flac", title: "Naima", artist: "Ada", album: "One" }],
  ]);
  assert.equal((await musicfs("collection", "show", "Most Played")).stdout, "Bob/Two/Help!.flac\n");
  assert.equal(
    (await musicfs("collection", "export", "Most Played")).stdout,
    `#EXTM3U\n#PLAYLIST:Most Played\n#EXTINF:139,Bob - Help!\n${home.music}/c.flac\n`,
  );
  const renamed = await musicfs("collection", "rename", "JAZZ from 1960", "Jazz");
  assert.equal(renamed.stdout, "JAZZ from 1960 is now Jazz\n", renamed.stderr);
  const listed = (await musicfs("events", "list", "--type", "CollectionSaved")).stdout;
  assert.match(listed, /Jazz from 1960: genre:jazz year:>=1960/);
  assert.match(
    (await musicfs("events", "list", "--type", "CollectionRenamed")).stdout,
    /JAZZ from 1960 is now Jazz/,
  );
  assert.equal((await musicfs("collection", "remove", "jazz")).code, 0);
  const gone = await musicfs("collection", "show", "Jazz");
  assert.equal(gone.code, 4);
  assert.match(gone.stderr, /Cannot find a collection "Jazz"/);
  assert.equal((await musicfs("events", "verify")).code, 0);
});

Deno.test("what is no name and no query of a collection is refused as wrong usage", async () => {
  await using home = new Home();
  const musicfs = (...args: string[]) => home.musicfs(...args);
  const json = (...args: string[]) => home.json(...args);
  await home.append(configured("local", home.music), observed(1, ...FILES));
  assert.equal((await musicfs("events", "replay")).code, 0);
  const refused: [args: string[], code: number, why: RegExp][] = [
    [["save", "Never Played", "jazz"], 2, /always there/],
    [["rename", "Mine", "Yours"], 4, /Cannot find a collection "Mine"/],
  ];
  for (const [args, code, why] of refused) {
    const found = await musicfs("collection", ...args);
    assert.deepEqual([found.code, found.stdout], [code, ""], args.join(" "));
    assert.match(found.stderr, why, args.join(" "));
  }
  const { value: { error } } = await json("collection", "save", "Mine", "(jazz");
  assert.deepEqual([error.exit_code, error.at], [2, 5]);
});
