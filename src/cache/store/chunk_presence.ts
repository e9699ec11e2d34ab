/**
 * Examines a store on the disk without reading its chunks: which store it is, and whether a chunk lies there.
 *
 * @module
 */
import { CHECKSUM_BYTES, checksumsOf } from "./checksum.ts";
import { isChunkName } from "./chunk_name.ts";

const IDENTITY = "identity";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The size in bytes of the file of a chunk of `length` bytes. */
export function fileBytes(length: number): number {
  return length + CHECKSUM_BYTES * checksumsOf(length);
}

/** See {@link ChunkStore.has}. */
export function hasChunkFile(directory: string, hash: string, length: number): boolean {
  if (!isChunkName(hash)) return false;
  try {
    const { isFile, size } = Deno.lstatSync(`${directory}/${hash.slice(0, 2)}/${hash}`);
    return isFile && size === fileBytes(length);
  } catch {
    return false;
  }
}

/** See {@link ChunkStore.identity}. */
export function storeIdentity(directory: string): string | undefined {
  try {
    const text = Deno.readTextFileSync(`${directory}/${IDENTITY}`).trim();
    return UUID.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

/** See {@link ChunkStore.identify}. */
export function identifyStore(directory: string): string {
  const identity = crypto.randomUUID();
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = `${directory}/${IDENTITY}`;
  Deno.writeTextFileSync(`${path}.next`, `${identity}\n`, { mode: 0o600 });
  Deno.renameSync(`${path}.next`, path);
  return identity;
}
