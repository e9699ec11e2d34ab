/**
 * Templates: they turn a track's names into its place in the tree. A template is parsed once and rendered for every
 * track. Pure.
 *
 *     $artist/$album{ ($year)}/{$disc-}$track - $title.$format
 *
 * `$name` is a variable, and `${name}` the same where a letter follows. `${tag:NAME}` is a field of the user's own.
 * `${a|b}` is the first of them that is set. `{ ... }` is a part that is dropped as a whole when a variable in it is
 * empty. `/` begins the next segment. Everything else, brackets included, is literal.
 *
 * @module
 */
import type { NamesFor } from "../../events/facts/library.ts";
import { EXIT, NAME_BYTES_MAX, UserError } from "../../src/base/mod.ts";
import { safeDirectoryName, safeFileName } from "./path_segment.ts";
import {
  type NamedTrack,
  UNTITLED,
  type Variable,
  VARIABLE_NAMES,
  variableOf,
} from "./template_variables.ts";
import { WINDOWS_NAME_BYTES, windowsName } from "./windows_name.ts";

export type { NamedTrack };

/** The place of a track: segments of the directory joined by `/` ("" is the root), and the file's name. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly choices: readonly Variable[] }
  | { readonly kind: "group"; readonly parts: readonly Part[] };

/** The template of the specification, and of a log that sets none. */
export const FALLBACK_TEMPLATE = "$artist/$album ($year) [$format_upper]/$track - $title.$format";

/** A parsed template. The constructor throws UserError, which names the position, when the text is not a template. */
export class Template {
  readonly text: string;
  readonly names: NamesFor;
  readonly #parts: readonly Part[];
  /** The directory of the last file. Files come album by album, so the next file is mostly in the same one. */
  #lastRaw = "";
  #lastDirectory = "";

  constructor(text: string, names: NamesFor = "linux") {
    this.text = text;
    this.names = names;
    this.#parts = new Parser(text).parse();
  }

  place(track: NamedTrack): Place {
    const rendered = render(this.#parts, track, true)!;
    const slash = rendered.lastIndexOf("/");
    const raw = slash < 0 ? "" : rendered.slice(0, slash);
    if (raw !== this.#lastRaw) {
      this.#lastDirectory = raw.split("/").map((name) => this.#directoryName(name))
        .filter((name) => name !== "").join("/");
      this.#lastRaw = raw;
    }
    const name = safeFileName(rendered.slice(slash + 1)) || `${UNTITLED}.${track.format}`;
    return {
      directory: this.#lastDirectory,
      name: this.names === "windows" ? windowsName(name) : name,
    };
  }

  #directoryName(raw: string): string {
    if (this.names === "linux") return safeDirectoryName(raw);
    return windowsName(safeDirectoryName(raw, NAME_BYTES_MAX - WINDOWS_NAME_BYTES));
  }
}

/** Whether a text can be the name of a directory as it is, for any system. */
export function isDirectoryName(name: string): boolean {
  return name !== "" && !name.includes("/") && safeDirectoryName(name) === name &&
    windowsName(name) === name;
}

/**
 * The text of the parts. Empty variables get their fallbacks; without `fallbacks` an empty variable makes it undefined.
 */
function render(
  parts: readonly Part[],
  track: NamedTrack,
  fallbacks: boolean,
): string | undefined {
  let out = "";
  for (const part of parts) {
    if (part.kind === "text") {
      out += part.text;
    } else if (part.kind === "group") {
      out += render(part.parts, track, false) ?? "";
    } else {
      const value = firstSet(part.choices, track);
      if (value === "" && !fallbacks) return undefined;
      const shown = value || part.choices[0]!.fallback;
      out += shown.includes("/") ? shown.replaceAll("/", "_") : shown;
    }
  }
  return out;
}

function firstSet(choices: readonly Variable[], track: NamedTrack): string {
  for (const choice of choices) {
    const value = choice.value(track);
    if (value !== "") return value;
  }
  return "";
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Part[] {
    if (this.#text.trim() === "") this.#fail("it is empty", 0);
    const parts = this.#parts(false);
    if (/\/\s*$/.test(this.#text)) {
      this.#fail("it has to end with the name of a file", this.#text.length - 1);
    }
    return parts;
  }

  #parts(inGroup: boolean): Part[] {
    const start = this.#at - 1;
    const parts: Part[] = [];
    let text = "";
    const endText = () => {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
    };
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (char === "$") {
        endText();
        parts.push(this.#variable());
      } else if (char === "{") {
        if (inGroup) this.#fail("a { is inside another { … }", this.#at);
        endText();
        this.#at++;
        parts.push({ kind: "group", parts: this.#parts(true) });
      } else if (char === "}") {
        if (!inGroup) this.#fail("a } has no { before it", this.#at);
        endText();
        this.#at++;
        return parts;
      } else {
        text += char;
        this.#at++;
      }
    }
    if (inGroup) this.#fail("a { is never closed", start);
    endText();
    return parts;
  }

  #variable(): Part {
    const start = this.#at;
    const braced = this.#text[start + 1] === "{";
    const end = braced ? this.#text.indexOf("}", start) : -1;
    if (braced && end < 0) this.#fail("a ${ is never closed", start);
    const inside = braced
      ? this.#text.slice(start + 2, end)
      : /^(?:[a-z]+(?:_[a-z]+)*)?/i.exec(this.#text.slice(start + 1))![0];
    this.#at = braced ? end + 1 : start + 1 + inside.length;
    const choices = inside.split("|").map((name) => {
      const variable = variableOf(name.trim());
      return variable ?? this.#fail(`there is no variable "$${name}"`, start);
    });
    return { kind: "variable", choices };
  }

  #fail(what: string, at: number): never {
    throw new UserError(
      `Cannot use the template ${JSON.stringify(this.#text)}: ${what} (position ${at + 1})`,
      {
        hint: `Variables are ${VARIABLE_NAMES.map((name) => `$${name}`).join(" ")}, ` +
          "any other tag as musicfs track show names it ($label), and ${tag:NAME}",
        exitCode: EXIT.usage,
      },
    );
  }
}
