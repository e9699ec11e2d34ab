const FORBIDDEN = /[<>:"\\|?*]/g;
/** Names of devices, with whatever extension. */
const RESERVED =
  /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(?= *(?:\.|$))/i;
/** Looked for first: most names have none of it. */
const SUSPECT = /[<>:"\\|?*]|\.$|^(?:con|prn|aux|nul|com|lpt)/i;

/** A reserved name becomes so much longer, in bytes. */
export const WINDOWS_NAME_BYTES = 1;

/**
 * A safe name that Windows can show as well, and whoever asks a server for it in its way: without the characters that mean
 * something there, no name of a device, and no dot at its end, which would be taken off. What is in the way becomes `_`,
 * so that names stay as different as they were. 255 bytes are never more than the 255 UTF-16 units that are allowed there.
 */
export function windowsName(name: string): string {
  if (!SUSPECT.test(name)) return name;
  return name.replace(FORBIDDEN, "_").replace(/\.$/, "_").replace(RESERVED, "$&_");
}
