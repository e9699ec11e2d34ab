import { pieceMemory } from "../piece_memory.ts";

const DATA_BYTES_MIN = 16 * 1024;

/** Puts packets together that arrive in pieces of any size. `onPacket` gets a packet without its length. */
export class PacketAssembler {
  readonly #onPacket: (packet: Uint8Array<ArrayBuffer>) => void;
  readonly #bytesMax: number;
  readonly #length = new Uint8Array(4);
  #lengthFilled = 0;
  #packet: Uint8Array<ArrayBuffer> | undefined;
  #packetFilled = 0;

  /** @param bytesMax a longer packet comes from an attacker, or is no packet */
  constructor(bytesMax: number, onPacket: (packet: Uint8Array<ArrayBuffer>) => void) {
    this.#bytesMax = bytesMax;
    this.#onPacket = onPacket;
  }

  /** Adds bytes. Throws RangeError for a length that no packet has; the bytes after it can't be used. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#packet === undefined) {
        this.#length[this.#lengthFilled++] = bytes[at++]!;
        if (this.#lengthFilled === 4) this.#start();
        continue;
      }
      const taken = Math.min(this.#packet.length - this.#packetFilled, bytes.length - at);
      this.#packet.set(bytes.subarray(at, at + taken), this.#packetFilled);
      this.#packetFilled += taken;
      at += taken;
      if (this.#packetFilled < this.#packet.length) continue;
      const packet = this.#packet;
      this.#packet = undefined;
      this.#onPacket(packet);
    }
  }

  #start(): void {
    const length = new DataView(this.#length.buffer).getUint32(0);
    if (length === 0 || length > this.#bytesMax) {
      throw new RangeError(`Cannot take a packet of ${length} bytes`);
    }
    this.#lengthFilled = 0;
    // Large packets carry the bytes of a file, whose memory is reused. Small ones get memory of their own, since
    // parts of them are kept.
    this.#packet = length < DATA_BYTES_MIN ? new Uint8Array(length) : pieceMemory(length);
    this.#packetFilled = 0;
  }
}
