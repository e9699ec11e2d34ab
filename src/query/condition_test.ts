import assert from "node:assert/strict";
import { type Condition, conditionOf, fieldNamed, parseQuery } from "./mod.ts";

/** A Monday, in whatever time zone the test runs. */
const NOW = new Date(2026, 10, 30, 15, 4, 5).getTime();

function condition(text: string): Condition {
  const { where } = parseQuery(text);
  assert(
    where !== null && where.kind !== "and" && where.kind !== "or" && where.kind !== "not",
    text,
  );
  return conditionOf(where, NOW);
}

/** A span in short: `[1..2)` without 2, `(..` without an end. */
function short(text: string): string {
  const found = condition(text);
  if (found.is !== "span") return found.is;
  const { from, to } = found.span;
  return `${from === null ? "(" : `${from.included ? "[" : "("}${from.value}`}..` +
    `${to === null ? ")" : `${to.value}${to.included ? "]" : ")"}`}`;
}

Deno.test("conditionOf: words, whole values and flags", () => {
  assert.equal(condition("metallica").is, "words");
  assert.deepEqual(condition("Album_Artist:abba").field, fieldNamed("albumartist"));
  assert.equal(condition('comment:"a b"').is, "words");
  const whole = condition('label:="Blue Note"');
  assert(whole.is === "whole");
  assert.deepEqual([whole.field.name, whole.text], ["label", "Blue Note"]);
  for (
    const [text, value] of [["yes", true], ["TRUE", true], ["0", false], ["=no", false]] as const
  ) {
    assert.deepEqual(condition(`compilation:${text}`), {
      ...{ is: "flag", field: fieldNamed("compilation"), value },
    });
  }
  assert.deepEqual(condition("played:never"), { is: "never", field: fieldNamed("played") });
  assert.equal(condition("last-played:=never").is, "never");
  for (const text of ["missing:genre", "missing:=style", 'Missing:"genre"']) {
    assert.deepEqual(condition(text), { is: "never", field: fieldNamed("genre") });
  }
  assert.deepEqual(condition("missing:ripped_by").field, fieldNamed("ripped_by"));
});

Deno.test("conditionOf: numbers in the units of their fields", () => {
  for (
    const [text, span] of [
      ["year:1969", "[1969..1969]"],
      ["year:1960..1969", "[1960..1969]"],
      ["year:..1969", "(..1969]"],
      ["year:[1960 TO *]", "[1960..)"],
      ["plays:>10", "(10..)"],
      ["plays:>=10", "[10..)"],
      ["plays:<10", "(..10)"],
      ["plays:<=10", "(..10]"],
      ["bpm:92.5", "[92.5..92.5]"],
      ["replaygain_track_gain:<-6.5dB", "(..-6.5)"],
      ["rating:>=80%", "[0.8..)"],
      ["decade:1960", "[1960..1960]"],
      ["decade:1965s", "[1960..1960]"],
      ["decade:80s", "[1980..1980]"],
      ["decade:10s", "[2010..2010]"],
      ["sample_rate:44.1kHz", "[44100..44100]"],
      ["samplerate:>48000", "(48000..)"],
      ["shelf:1..3", "[1..3]"],
      ["duration:3:20", "[200000..201000)"],
      ["duration:1:02:03", "[3723000..3724000)"],
      ["duration:200", "[200000..201000)"],
      ["duration:<3m", "(..180000)"],
      // 3:00.5 is shown as 3:00, and is not longer than that.
      ["duration:>3m", "[181000..)"],
      ["duration:<=3m", "(..181000)"],
      ["duration:>=1h30m", "[5400000..)"],
      ["duration:3m20s..4min", "[200000..241000)"],
      ["duration:250ms", "[250..250]"],
      ["duration:1.5h", "[5400000..5401000)"],
      ["size:>10MB", "(10000000..)"],
      ["size:<=1KiB", "(..1024]"],
      ["bitrate:320k", "[319500..320500)"],
      ["bitrate:>320", "[320500..)"],
      ["bitrate:320000", "[320000..320000]"],
      ["bitrate:>=96kbit/s", "[95500..)"],
      ["date:1994", "[19940000..19950000)"],
      ["date:1994-12", "[19941200..19941300)"],
      ["date:1996-02-29", "[19960229..19960229]"],
      ["originaldate:<1970", "(..19700000)"],
    ] as const
  ) assert.equal(short(text), span, text);
});

Deno.test("conditionOf: moments are of the local time zone, ages end now", () => {
  const at = (...parts: [number, number, number?, number?, number?]) =>
    new Date(...parts).getTime();
  for (
    const [text, span] of [
      ["added:2026", `[${at(2026, 0)}..${at(2027, 0)})`],
      ["added:2026-11", `[${at(2026, 10)}..${at(2026, 11)})`],
      ["added:2026-12", `[${at(2026, 11)}..${at(2027, 0)})`],
      ["added:2026-11-30", `[${at(2026, 10, 30)}..${at(2026, 11, 1)})`],
      ["added:2026-11-30T18", "refused"],
      ["added:2026-11-30T18:05", `[${at(2026, 10, 30, 18, 5)}..${at(2026, 10, 30, 18, 6)})`],
      ['added:"2026-11-30 18:05"', `[${at(2026, 10, 30, 18, 5)}..${at(2026, 10, 30, 18, 6)})`],
      ["added:>2026-11", `[${at(2026, 11)}..)`],
      ["added:>=2026-11", `[${at(2026, 10)}..)`],
      ["added:<2026-11", `(..${at(2026, 10)})`],
      ["added:<=2026-11", `(..${at(2026, 11)})`],
      ["added:2026-10..2026-11", `[${at(2026, 9)}..${at(2026, 11)})`],
      ["added:today", `[${at(2026, 10, 30)}..${at(2026, 11, 1)})`],
      ["played:yesterday", `[${at(2026, 10, 29)}..${at(2026, 10, 30)})`],
      ["added:<30d", `(${NOW - 30 * 86_400_000}..)`],
      ["added:30d", `[${NOW - 30 * 86_400_000}..)`],
      ["added:>2w", `(..${NOW - 14 * 86_400_000})`],
      ["added:1h..7d", `[${NOW - 7 * 86_400_000}..${NOW - 3_600_000}]`],
      ["added:..7d", `[${NOW - 7 * 86_400_000}..)`],
      ["added:7d..", `(..${NOW - 7 * 86_400_000}]`],
      ["played:>1y", `(..${new Date(2025, 10, 30, 15, 4, 5).getTime()})`],
      ["played:<2mo", `(${new Date(2026, 8, 30, 15, 4, 5).getTime()}..)`],
      ["added:2026-13", "refused"],
      ["added:2025-02-29", "refused"],
      // A month or a minute? Nobody guesses.
      ["added:<6m", "refused"],
    ] as const
  ) {
    if (span === "refused") assert.throws(() => short(text), { message: /a date such as/ }, text);
    else assert.equal(short(text), span, text);
  }
});

Deno.test("conditionOf: what a field can't have is refused", () => {
  for (
    const text of [
      ...[
        "year:x",
        "year:1e9",
        "year:0x10",
        "year:12dB",
        "rating:80px",
        "decade:19.5",
        "track:3/12",
      ],
      ...[
        "duration:3:60",
        "duration:1:60:00",
        "duration:h",
        "duration:3m2h",
        "duration:-1",
        "size:ten",
      ],
      ...[
        "size:1e3",
        "bitrate:fast",
        "bitrate:-1k",
        "date:1994-00",
        "date:1995-02-29",
        "date:today",
      ],
      ...[
        "date:94",
        "compilation:2",
        "year:constructor",
        "year:1toString",
        "samplerate:1constructor",
      ],
    ]
  ) assert.throws(() => parseQuery(text), { message: /expected/ }, text);
});
