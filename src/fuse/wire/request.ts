import { type NodeId, toNodeId } from "../../base/mod.ts";
import { IN_HEADER, RECEIVE_BYTES } from "./abi.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The last request, in the one buffer into which all requests are read: it is valid only until the next one arrives.
 * 64-bit numbers become doubles; node ids and sizes stay below 2^53.
 */
export class Request {
  readonly bytes = new Uint8Array(RECEIVE_BYTES);
  readonly #words = new Uint32Array(this.bytes.buffer);

  get length(): number {
    return this.#words[0]!;
  }
  get opcode(): number {
    return this.#words[1]!;
  }
  /** The identity of the request, in two halves since it may use all 64 bits. */
  get uniqueLow(): number {
    return this.#words[2]!;
  }
  get uniqueHigh(): number {
    return this.#words[3]!;
  }
  get node(): NodeId {
    return toNodeId(this.#words[5]! * 2 ** 32 + this.#words[4]!);
  }

  u32(offset: number): number {
    return this.#words[offset >>> 2]!;
  }

  u64(offset: number): number {
    const word = offset >>> 2;
    return this.#words[word + 1]! * 2 ** 32 + this.#words[word]!;
  }

  /** The length in bytes of the NUL-terminated name at `offset`, without the NUL. */
  nameLength(offset: number): number {
    const end = this.bytes.indexOf(0, offset);
    return (end < 0 || end > this.length ? this.length : end) - offset;
  }

  /** The name at `offset`; undefined when it is not UTF-8, so that nothing here has it. */
  name(offset: number, length: number): string | undefined {
    try {
      return decoder.decode(this.bytes.subarray(offset, offset + length));
    } catch {
      return undefined;
    }
  }

  /** Where the fields of the operation begin. */
  static readonly BODY = IN_HEADER;
}
