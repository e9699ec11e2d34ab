import { pieceMemory } from "./piece_memory.ts";

const DATA_BYTES_MIN = 16 * 1024;

/** Makes packets whole again that arrive in pieces of any size. A packet is told without its length. */
export class PacketAssembler {
  readonly #onPacket: (packet: Uint8Array<ArrayBuffer>) => void;
  readonly #bytesMax: number;
  readonly #length = new Uint8Array(4);
  #lengthFilled = 0;
  #packet: Uint8Array<ArrayBuffer> | undefined;
  #packetFilled = 0;

  /** @param bytesMax a longer packet is hostile, or no packet at all */
  constructor(bytesMax: number, onPacket: (packet: Uint8Array<ArrayBuffer>) => void) {
    this.#bytesMax = bytesMax;
    this.#onPacket = onPacket;
  }

  /** Throws RangeError for a length that no packet has; nothing can be made of what follows. */
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
    // What a file is read by; other packets are small, and some parts of them are kept.
    this.#packet = length < DATA_BYTES_MIN ? new Uint8Array(length) : pieceMemory(length);
    this.#packetFilled = 0;
  }
}
