import { Buffer } from "node:buffer";

/** MD5, SHA-1, SHA-256. */
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The bytes of a text that is a hash in lower-case hex: these take half the room. Returns any other value as it is. */
export function hashAsBytes(value: unknown): unknown {
  return typeof value === "string" && HASH.test(value) ? Buffer.from(value, "hex") : value;
}

/** The text from which {@link hashAsBytes} made the bytes; any other value as it is. */
export function hashAsText(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex");
}
