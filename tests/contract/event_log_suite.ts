import assert from "node:assert/strict";
import fc from "fast-check";
import { type Clock, toFileId, toSeq } from "../../src/base/mod.ts";
import {
  type EventLog,
  LIBRARY_VOCABULARY,
  LogFromNewerVersion,
  type MusicEvent,
  type ReadOptions,
  type StoredEvent,
  type Vocabulary,
} from "../../events/mod.ts";
import { withIds } from "../support/plain_ids.ts";

/** A place for a log. A log that is opened there again holds what was appended before. */
export interface LogPlace {
  open(options?: { clock?: Clock; vocabulary?: Vocabulary }): EventLog;
  remove(): Promise<void>;
}

/** What every event log must do, whatever it keeps its records in. */
export function testEventLog(name: string, createPlace: () => LogPlace): void {
  function test(criterion: string, body: (place: LogPlace) => Promise<void>): void {
    Deno.test(`${name} event log: ${criterion}`, async () => {
      const place = createPlace();
      try {
        await body(place);
      } finally {
        await place.remove();
      }
    });
  }

  test("is empty at first", async (place) => {
    const log = place.open();
    assert.equal(log.lastSeq(), 0);
    assert.deepEqual([...log.read()], []);
    assert.deepEqual(await log.append([]), []);
    await log.close();
  });

  test("numbers events from 1, in the order of the calls", async (place) => {
    const log = place.open();
    const stored = await Promise.all([
      log.append([template("a"), template("b")]),
      log.append([template("c")]),
      log.append([template("d"), template("e")]),
    ]);
    assert.deepEqual(stored.flat().map(seqOf), [1, 2, 3, 4, 5]);
    assert.deepEqual([...log.read()].map(templateOf), ["a", "b", "c", "d", "e"]);
    assert.equal(log.lastSeq(), 5);
    await log.close();
  });

  test("resolves an append with exactly the events that reading gives", async (place) => {
    const log = place.open();
    const stored = await log.append([observed(3), template("\ud800 lone, \uef80 escaped, é")]);
    assert.deepEqual([...log.read()], stored);
    await log.close();
  });

  test("keeps what was appended when it is opened again", async (place) => {
    const first = place.open();
    const stored = await first.append([observed(2), template("x")]);
    await first.close();
    const second = place.open();
    assert.deepEqual([...second.read()], stored);
    assert.equal((await second.append([template("y")]))[0]!.seq, 3);
    await second.close();
  });

  test("appends nothing of a batch with a malformed event", async (place) => {
    const log = place.open();
    const malformed = { type: "TemplateChanged", v: 1, data: { template: 7 } } as unknown;
    const unknown = { type: "TemplateLost", v: 1, data: {} } as unknown;
    for (const event of [malformed, unknown]) {
      await assert.rejects(log.append([template("a"), event as MusicEvent]), TypeError);
    }
    assert.equal(log.lastSeq(), 0);
    assert.equal((await log.append([template("b")]))[0]!.seq, 1);
    await log.close();
  });

  test("never dates an event before the one that precedes it", async (place) => {
    let now = 1000;
    const clock = { now: () => now };
    const log = place.open({ clock });
    await log.append([template("a")]);
    now = 500;
    await log.append([template("b")]);
    await log.close();
    const again = place.open({ clock });
    now = 700;
    await again.append([template("c")]);
    now = 2000;
    await again.append([template("d")]);
    assert.deepEqual([...again.read()].map((event) => event.at), [1000, 1000, 1000, 2000]);
    await again.close();
  });

  test("reads ranges", async (place) => {
    const log = place.open();
    await log.append(Array.from({ length: 600 }, (_, i) => template(`${i + 1}`)));
    const seqs = (options: { from?: number; to?: number }) =>
      [...log.read(withIds<ReadOptions>(options))].map(seqOf);
    assert.deepEqual(seqs({ from: 599 }), [599, 600]);
    assert.deepEqual(seqs({ to: 2 }), [1, 2]);
    assert.deepEqual(seqs({ from: 300, to: 302 }), [300, 301, 302]);
    assert.deepEqual(seqs({ from: 0, to: 1 }), [1]);
    assert.deepEqual(seqs({ from: 601 }), []);
    assert.deepEqual(seqs({ from: 5, to: 4 }), []);
    assert.equal(seqs({ to: 10_000 }).length, 600);
    await log.close();
  });

  test("can be appended to while it is read", async (place) => {
    const log = place.open();
    await log.append(Array.from({ length: 10 }, () => template("old")));
    const seen: number[] = [];
    for (const event of log.read()) {
      seen.push(event.seq);
      await log.append([template("new")]);
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal(log.lastSeq(), 20);
    await log.close();
  });

  test("tails the events that are there and those that come, until aborted", async (place) => {
    const log = place.open();
    await log.append([template("1"), template("2")]);
    const abort = new AbortController();
    const seen: number[] = [];
    const tailing = (async () => {
      for await (const event of log.tail({ from: toSeq(2), signal: abort.signal })) {
        seen.push(event.seq);
        if (event.seq === 6) abort.abort();
      }
    })();
    await log.append([template("3")]);
    await log.append([template("4"), template("5")]);
    await log.append([template("6")]);
    await tailing;
    assert.deepEqual(seen, [2, 3, 4, 5, 6]);
    await log.close();
  });

  test("ends a waiting tail by abort and by close", async (place) => {
    const log = place.open();
    const abort = new AbortController();
    const ends = [
      drain(log.tail({ from: toSeq(1), signal: abort.signal })),
      drain(log.tail({ from: toSeq(1), signal: AbortSignal.abort() })),
    ];
    abort.abort();
    await Promise.all(ends);
    const closed = drain(log.tail({ from: toSeq(1), signal: new AbortController().signal }));
    await log.close();
    await closed;
  });

  test("makes every append durable that came before close", async (place) => {
    const log = place.open();
    const appended = log.append([template("last words")]);
    await log.close();
    assert.equal((await appended)[0]!.seq, 1);
    await assert.rejects(log.append([template("too late")]));
  });

  test("lifts events of older versions", async (place) => {
    const old = place.open();
    await old.append([template("$title")]);
    await old.close();
    const log = place.open({ vocabulary: LATER });
    await log.append([{ type: "TemplateChanged", v: 3, data: { parts: ["b"] } } as never]);
    const events = [...log.read()] as unknown as { v: number; data: unknown }[];
    assert.deepEqual(events.map(({ v, data }) => ({ v, data })), [
      { v: 3, data: { parts: ["$title", "!"] } },
      { v: 3, data: { parts: ["b"] } },
    ]);
    await log.close();
  });

  test("refuses events of a newer version, and says what to do", async (place) => {
    const later = place.open({ vocabulary: LATER });
    await later.append([{ type: "TemplateChanged", v: 3, data: { parts: [] } } as never]);
    await later.close();
    assert.throws(() => place.open(), (error) => {
      assert(error instanceof LogFromNewerVersion);
      assert.match(error.message, /newer MusicFS .*'TemplateChanged' of version 3/);
      assert.match(error.hint ?? "", /Install/);
      return true;
    });
    await place.open({ vocabulary: LATER }).close();
  });

  test("passes over events of a newer version that say that it may", async (place) => {
    const later = place.open({ vocabulary: withNoted(true) });
    await later.append([template("a"), noted("1"), template("b"), noted("2"), noted("3")]);
    assert.deepEqual([...later.read()].map(seqOf), [1, 2, 3, 4, 5]);
    await later.close();
    const log = place.open();
    assert.deepEqual([...log.read()].map(seqOf), [1, 3]);
    assert.deepEqual([...log.read({ from: toSeq(2), to: toSeq(2) })], []);
    assert.equal(log.lastSeq(), 3, "the last one that it knows");
    const seen: number[] = [];
    const abort = new AbortController();
    const tailing = (async () => {
      for await (const { seq } of log.tail({ from: toSeq(2), signal: abort.signal })) {
        seen.push(seq);
        if (seq === 6) abort.abort();
      }
    })();
    const [appended] = await log.append([template("c")]);
    assert.equal(appended!.seq, 6);
    assert.equal(log.lastSeq(), 6);
    await tailing;
    assert.deepEqual(seen, [3, 6]);
    await log.close();
    const again = place.open({ vocabulary: withNoted(true) });
    assert.deepEqual([...again.read()].map(seqOf), [1, 2, 3, 4, 5, 6]);
    await again.close();
  });

  test("refuses events of a newer version that may not be passed over", async (place) => {
    const later = place.open({ vocabulary: withNoted(false) });
    await later.append([template("a"), noted("1")]);
    await later.close();
    assert.throws(() => place.open(), (error) => {
      assert(error instanceof LogFromNewerVersion);
      assert.match(error.message, /newer MusicFS .*'ThingNoted' of version 1/);
      assert.match(error.hint ?? "", /Install/);
      return true;
    });
  });

  test("counts as empty when this program knows none of its events", async (place) => {
    const later = place.open({ vocabulary: withNoted(true) });
    await later.append(Array.from({ length: 600 }, () => noted("1")));
    await later.close();
    const log = place.open();
    assert.equal(log.lastSeq(), 0);
    assert.deepEqual([...log.read()], []);
    assert.equal((await log.append([template("a")]))[0]!.seq, 601);
    assert.equal(log.lastSeq(), 601);
    await log.close();
  });

  test("behaves as a plain list under random use", async () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), sizes: batchSizes }),
      fc.record({ kind: fc.constant("read" as const), from: position, to: position }),
      fc.record({ kind: fc.constant("reopen" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
        const place = createPlace();
        let log = place.open();
        const model: StoredEvent[] = [];
        try {
          for (const each of operations) {
            if (each.kind === "append") {
              const calls = each.sizes.map((size) =>
                log.append(Array.from({ length: size }, () => template("t")))
              );
              model.push(...(await Promise.all(calls)).flat());
            } else if (each.kind === "read") {
              const expected = model.filter(({ seq }) => seq >= each.from && seq <= each.to);
              assert.deepEqual(
                [...log.read({ from: toSeq(each.from), to: toSeq(each.to) })],
                expected,
              );
            } else {
              await log.close();
              log = place.open();
            }
            assert.equal(log.lastSeq(), model.length);
          }
          assert.deepEqual([...log.read()], model);
          assert.deepEqual(model.map(seqOf), model.map((_, i) => i + 1));
        } finally {
          await log.close();
          await place.remove();
        }
      }),
      { numRuns: 30 },
    );
  });
}

const batchSizes = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 });
const position = fc.nat({ max: 60 });

/** The vocabulary of a later program: templates are lists, after a version in between that only added a mark. */
const LATER: Vocabulary = {
  events: {
    ...LIBRARY_VOCABULARY.events,
    TemplateChanged: {
      v: 3,
      check: (data) =>
        Array.isArray((data as { parts?: unknown })?.parts) ? null : ".parts is missing",
    },
  },
  upcasters: [
    {
      type: "TemplateChanged",
      v: 2,
      lift: (data: { template: string; mark: string }) => ({ parts: [data.template, data.mark] }),
    },
    {
      type: "TemplateChanged",
      v: 1,
      lift: (data: { template: string }) => ({ ...data, mark: "!" }),
    },
  ],
};

/** The vocabulary of a later program with an event that others may, or may not, pass over. */
function withNoted(passable: boolean): Vocabulary {
  const ThingNoted = { ...LIBRARY_VOCABULARY.events.OriginRemoved, passable };
  return { ...LIBRARY_VOCABULARY, events: { ...LIBRARY_VOCABULARY.events, ThingNoted } };
}

function noted(origin: string): MusicEvent {
  return { type: "ThingNoted", v: 1, data: { origin } } as unknown as MusicEvent;
}

export function template(text: string): MusicEvent {
  return { type: "TemplateChanged", v: 1, data: { template: text } };
}

export function observed(files: number): MusicEvent {
  return {
    type: "FilesObserved",
    v: 1,
    data: {
      origin: "local",
      scan: 1,
      position: "Artist/Album",
      files: Array.from({ length: files }, (_, i) => ({
        file: toFileId(1024 + i),
        path: `Artist/Album/${i}.flac`,
        size: 2 ** 40 + i,
        mtime_s: -1,
        mtime_ns: 999_999_999,
        format: "flac" as const,
        tags: { title: `Song ${i}`, track: { no: i, of: null }, genre: [] },
        properties: { duration_ms: 1234.5 },
      })),
    },
  };
}

function seqOf(event: StoredEvent): number {
  return event.seq;
}

function templateOf(event: StoredEvent): string | undefined {
  return event.type === "TemplateChanged" ? event.data.template : undefined;
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}
