const FORBIDDEN = /[<>:"\\|?*]/g;
/** Names of devices, with any extension. */
const RESERVED =
  /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(?= *(?:\.|$))/i;
/** Matched first: most names contain none of these. */
const SUSPECT = /[<>:"\\|?*]|\.$|^(?:con|prn|aux|nul|com|lpt)/i;

/** By how many bytes a reserved name grows. */
export const WINDOWS_NAME_BYTES = 1;

/**
 * A safe name that Windows can show too, and any client of a server that uses Windows' rules: it has no character with
 * a meaning there, is no name of a device, and has no dot at its end, which would be removed. Offending characters
 * become `_` instead of vanishing, which keeps more names different. 255 bytes are never more than the 255 UTF-16 units
 * allowed there.
 */
export function windowsName(name: string): string {
  if (!SUSPECT.test(name)) return name;
  return name.replace(FORBIDDEN, "_").replace(/\.$/, "_").replace(RESERVED, "$&_");
}
