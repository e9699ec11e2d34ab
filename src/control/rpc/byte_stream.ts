/** Bytes both ways, as JSON-RPC needs them: a socket, or the standard streams of a process. */
export interface ByteStream {
  /** The next bytes, undefined at the end. One call at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when there is room for more. Rejects when the other side is gone. One call at a time. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends a read that waits. May be called again. */
  close(): void;
}

/** A byte stream over a pair of web streams: of a Deno.Command, of Deno.stdin and Deno.stdout, of a Deno.Conn. */
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
      // Both reject when the other process has ended already; then they are closed as well.
      reader.cancel().catch(() => {});
      writer.close().catch(() => {});
    },
  };
}
