/** Bytes in both directions: a socket, or the standard streams of a process. */
export interface ByteStream {
  /** The next bytes; undefined at the end. One call at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when there is room for more. Rejects when the other side is gone. One call at a time. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends a read that waits. May be called several times. */
  close(): void;
}

/** A byte stream over two web streams: those of a Deno.Command, of Deno.stdin and Deno.stdout, or of a Deno.Conn. */
export function webByteStream(
  readable: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array<ArrayBuffer>>,
): ByteStream {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  return {
    async read() {
      const { value } = await reader.read();
      return value;
    },
    write: (bytes) => writer.write(bytes),
    close() {
      // Both promises reject when the other process has ended already; the streams are closed then as well.
      reader.cancel().catch(() => {});
      writer.close().catch(() => {});
    },
  };
}
