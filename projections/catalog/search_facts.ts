/**
 * Numbers of a track as words of the search index, so that words and spans of numbers are looked for together. A kind
 * of number that has many values is cut into **steps**, sixteen between a number and its double: `d211` is a duration
 * of a certain length, give or take a twentieth. How many tracks are in each step is counted, in `search_facts`.
 *
 * @module
 */
import type { Span } from "../../src/query/mod.ts";

/** A kind of number in the index. */
export interface FactKind {
  /** Begins its words. */
  readonly letter: string;
  /** The step that a number is in. Steps ascend with the numbers. */
  readonly stepOf: (value: number) => number;
  /** The least number in a step. */
  readonly leastOf: (step: number) => number;
}

const STEPS_A_DOUBLE = 16;
const DAY_MS = 86_400_000;

const whole = { stepOf: Math.floor, leastOf: (step: number) => step };
const rough = { stepOf: roughStep, leastOf: leastOfRough };

/** The kinds by the names of their fields. */
export const FACTS = {
  year: { letter: "y", ...whole },
  date: {
    letter: "e",
    stepOf: (date) => Math.floor(date / 10_000),
    leastOf: (year) => year * 10_000,
  },
  duration: { letter: "d", ...rough },
  bitrate: { letter: "b", ...rough },
  size: { letter: "s", ...rough },
  samplerate: { letter: "r", ...whole },
  channels: { letter: "c", ...whole },
  added: { letter: "a", stepOf: (at) => Math.floor(at / DAY_MS), leastOf: (day) => day * DAY_MS },
} as const satisfies Readonly<Record<string, FactKind>>;

export type FactName = keyof typeof FACTS;

export function isFact(name: string): name is FactName {
  return Object.hasOwn(FACTS, name);
}

/** A number of a track that is counted. */
export interface Fact {
  readonly letter: string;
  readonly step: number;
  /** In the index. */
  readonly word: string;
}

/** How many steps of a kind are remembered. Hostile files may have a sample rate each. */
const KNOWN_FACTS_MAX = 4_096;

/** Makes facts, mostly those that were made before: a library has few steps. */
export class KnownFacts {
  readonly #known = new Map<FactKind, Map<number, Fact>>();

  of(kind: FactKind, value: number): Fact {
    let steps = this.#known.get(kind);
    if (steps === undefined) this.#known.set(kind, steps = new Map());
    const step = kind.stepOf(value);
    let fact = steps.get(step);
    if (fact !== undefined) return fact;
    if (steps.size >= KNOWN_FACTS_MAX) steps.clear();
    fact = { letter: kind.letter, step, word: factWord(kind, step) };
    steps.set(step, fact);
    return fact;
  }
}

/** The word of a step. */
export function factWord({ letter }: FactKind, step: number): string {
  return `${letter}${step}`;
}

/** The steps that have numbers of a span. `isExact` when all numbers of these steps are in the span. */
export function stepsOf(
  { stepOf, leastOf }: FactKind,
  { from, to }: Span,
): { first: number; last: number; isExact: boolean } {
  const first = from === null ? 0 : stepOf(Math.max(0, from.value));
  const last = to === null ? Number.MAX_SAFE_INTEGER : stepOf(Math.max(0, to.value));
  const beginsWhole = from === null || from.included && leastOf(first) === from.value;
  const isWhole = stepOf === Math.floor;
  // A span up to the beginning of a step has nothing of the step; one that ends in a whole number has all of its step.
  const endsBefore = to !== null && !to.included && leastOf(last) === to.value;
  const endsWhole = to === null || endsBefore || isWhole && to.included && last === to.value;
  return { first, last: endsBefore ? last - 1 : last, isExact: beginsWhole && endsWhole };
}

function roughStep(value: number): number {
  if (value < 1) return 0;
  let double = Math.floor(Math.log2(value));
  // The logarithm is inexact near a power of two.
  if (2 ** double > value) double--;
  else if (2 ** (double + 1) <= value) double++;
  return 1 + double * STEPS_A_DOUBLE + Math.floor((value / 2 ** double - 1) * STEPS_A_DOUBLE);
}

function leastOfRough(step: number): number {
  if (step <= 0) return 0;
  const double = Math.floor((step - 1) / STEPS_A_DOUBLE);
  return 2 ** double * (1 + ((step - 1) % STEPS_A_DOUBLE) / STEPS_A_DOUBLE);
}
