import { printable, UserError } from "../base/mod.ts";

/** Scripts of which a character is as wide as two others, on most screens. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60\u3000-\u303f]/u;
const WIDE_SPACE = "\u3000";

/**
 * What is wrong with a query, for the file that stands in the place of its results: the text with a caret below the
 * place. Undefined when it is something else that failed.
 */
export function queryProblem(error: unknown): string | undefined {
  if (!(error instanceof UserError) || error.place === undefined) return undefined;
  const { text, at } = error.place;
  const characters = [...text];
  const before = characters.slice(0, at).map((character) =>
    WIDE.test(character) ? WIDE_SPACE : printable(character).replace(/./gu, " ")
  );
  const lines = [
    error.message,
    "",
    `  ${printable(text)}`,
    `  ${before.join("")}^`,
    "",
    ...error.hint === undefined ? [] : [error.hint],
  ];
  return `${lines.map(printable).join("\n")}\n`;
}
