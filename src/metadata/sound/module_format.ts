import type { ModuleFormat } from "../../../events/facts/files.ts";
import { dataAt, type SoundBytes, textAt } from "./sound_figures.ts";

/** Extensions of modules. Only files with these are taken for modules, since some of the magic words are short. */
export const MODULE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...["mod", "xm", "it", "s3m", "mptm", "mtm", "stm", "med", "okt", "669", "ult", "far", "ptm"],
]);

/** The magic words of modules, and their places. */
const WORDS: readonly (readonly [format: ModuleFormat, at: number, word: RegExp])[] = [
  ["xm", 0, /^Extended Module:/],
  ["it", 0, /^IMP[MS]|^tpm\./],
  ["s3m", 44, /^SCRM/],
  ["mtm", 0, /^MTM/],
  ["med", 0, /^MMD[0-3]/],
  ["okt", 0, /^OKTASONG/],
  ["ult", 0, /^MAS_UTrack_V00/],
  ["far", 0, /^FAR\xfe/],
  ["ptm", 44, /^PTMF/],
  ["stm", 20, /^(?:!Scream!|BMOD2STM|WUZAMOD!)/],
  ["mod", 1080, /^(?:M[.!]K[.!]|M&K!|N\.T\.|FLT[48]|CD81|OKTA|OCTA|\dCHN|\d\dC[HN])/],
  ["669", 0, /^(?:if|JN)/],
];
const WORD_BYTES = 16;

/** The kind of a file that is named like a module. */
export function moduleFormat(bytes: SoundBytes, start: number): ModuleFormat | undefined {
  return WORDS.find(([, at, word]) => {
    const view = dataAt(bytes, start + at, Math.min(WORD_BYTES, bytes.size - start - at));
    return view !== undefined && word.test(textAt(view, 0, view.byteLength));
  })?.[0];
}
