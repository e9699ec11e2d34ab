const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NAME = /^[0-9a-f]{64}$/;

/** The name of a chunk: the SHA-256 of its bytes in lower-case hex. */
export async function nameOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  let name = "";
  for (const byte of digest) name += HEX[byte];
  return name;
}

export function isChunkName(text: string): boolean {
  return NAME.test(text);
}
