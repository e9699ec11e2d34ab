import assert from "node:assert/strict";
import fc from "fast-check";
import { OriginUnreachable } from "../origin.ts";
import { PacketAssembler } from "./_framing.ts";
import { packet, PacketReader, REPLY, REQUEST, STATUS } from "./_packets.ts";
import { listDirectory } from "./_listing.ts";
import { SftpRead } from "./_read.ts";
import { SftpSession } from "./_session.ts";

const seed = Number(Deno.env.get("SEED") ?? Date.now() % 2 ** 31);
const HANDLE = new Uint8Array([7]);
const EMPTY = new Uint8Array();
const SIZE = 1;
const MODE = 4;
const REGULAR_FILE = 0o100644;
const utf8 = new TextEncoder();

type Answer = (type: number, id: number, fields: PacketReader) => Uint8Array | undefined;

/** A session with a server whose answers a function gives. `say` sends anything at any time. */
async function sessionWith(answer: Answer, greeting: Uint8Array = packet(REPLY.version, 3)) {
  let say: (bytes: Uint8Array) => void = () => {};
  let close = () => {};
  const requests = new PacketAssembler(1_000_000, (bytes) => {
    const fields = new PacketReader(bytes);
    const type = fields.byte();
    const id = fields.uint32();
    const reply = type === REQUEST.init ? greeting : answer(type, id, fields);
    if (reply !== undefined) setTimeout(() => say(reply));
  });
  let isLeft = false;
  const session = await SftpSession.start({
    write: (bytes) => requests.push(bytes),
    on: (event: "data" | "close", listener: (bytes: Uint8Array) => void) => {
      if (event === "data") say = listener;
      else close = () => listener(EMPTY);
    },
  }, () => isLeft = true);
  return {
    session,
    say: (bytes: Uint8Array) => say(bytes),
    close: () => close(),
    isLeft: () => isLeft,
  };
}

/** A server on which reading any directory gives the answers of `next`, until that gives none. */
function directory(next: () => string[] | undefined): Answer {
  return (type, id) => {
    if (type === REQUEST.opendir) return packet(REPLY.handle, id, HANDLE);
    const names = type === REQUEST.readdir ? next() : undefined;
    if (names === undefined) return packet(REPLY.status, id, STATUS.eof, EMPTY, EMPTY);
    const entries = names.flatMap((name) => [utf8.encode(name), EMPTY, MODE, REGULAR_FILE]);
    return packet(REPLY.name, id, names.length, ...entries);
  };
}

/** A server with a file that it gives in parts of at most `most` bytes, however much is requested. */
function stingyFile(bytes: Uint8Array, most: number, count: () => void = () => {}): Answer {
  return (type, id, fields) => {
    if (type === REQUEST.fstat) return packet(REPLY.attributes, id, SIZE, BigInt(bytes.length));
    if (type !== REQUEST.read) return packet(REPLY.status, id, STATUS.ok, EMPTY, EMPTY);
    count();
    fields.string();
    const [offset, length] = [fields.uint64(), fields.uint32()];
    const part = bytes.subarray(offset, offset + Math.min(length, most));
    return part.length === 0
      ? packet(REPLY.status, id, STATUS.eof, EMPTY, EMPTY)
      : packet(REPLY.data, id, part);
  };
}

Deno.test(`PacketAssembler makes packets whole, however they are cut (seed ${seed})`, () => {
  const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 10 });
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  fc.assert(
    fc.property(packets, cuts, (sent, sizes) => {
      const stream = sent.flatMap((bytes) => [0, 0, 0, bytes.length, ...bytes]);
      const got: number[][] = [];
      const assembler = new PacketAssembler(40, (bytes) => got.push([...bytes]));
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length]!;
        assembler.push(new Uint8Array(stream.slice(at, at + size)));
        at += size;
      }
      assert.deepEqual(got, sent.map((bytes) => [...bytes]));
    }),
    { seed },
  );
});

Deno.test("SftpRead gives every byte in order from a server that gives less than it is asked for", async () => {
  const bytes = new Uint8Array(700_000).map((_, at) => at * 31 >> 8);
  for (const most of [1_000, 20_000, 65_536, 1_000_000]) {
    const { session } = await sessionWith(stingyFile(bytes, most));
    session.readBytes = 200_000;
    for (
      const [offset, length] of [[0, 700_000], [5, 400_000], [699_999, 10], [800_000, 5]] as const
    ) {
      const read = new SftpRead(session, HANDLE, offset, length);
      const got: number[] = [];
      for (let piece = await read.next(); piece !== undefined; piece = await read.next()) {
        for (const byte of piece) got.push(byte);
      }
      const expected = bytes.subarray(offset, offset + length);
      assert.ok(got.length === expected.length && got.every((byte, at) => byte === expected[at]));
      assert.equal(session.window.underWay, 0);
    }
    assert.ok(session.readBytes <= Math.max(4_096, most), "asks for no more than is given");
  }
});

Deno.test("SftpRead has no more under way than its bound, and releases it", async () => {
  let asked = 0;
  const { session } = await sessionWith((type, id) => {
    if (type === REQUEST.read) asked++;
    return type === REQUEST.fstat ? packet(REPLY.attributes, id, 0) : undefined;
  });
  const reads = Array.from({ length: 50 }, () => new SftpRead(session, HANDLE, 0, 100_000_000));
  assert.ok(session.window.underWay <= 512 * 1024 + 50 * 32 * 1024, `${session.window.underWay}`);
  assert.ok(asked >= 50, "each has something under way");
  for (const read of reads) read.stop();
  assert.equal(session.window.underWay, 0);
});

Deno.test("SftpSession takes malformed replies for no answer", async () => {
  const nonsense: Record<string, (id: number) => Uint8Array> = {
    "another type": (id) => packet(REPLY.handle, id, HANDLE),
    "a question that was not asked": (id) => packet(REPLY.data, id + 1000, HANDLE),
    "a packet that is too long": () => new Uint8Array([255, 255, 255, 255, 1]),
    "an empty packet": () => new Uint8Array(4),
    "text": () => new TextEncoder().encode("Welcome to the jungle\r\n"),
    "a string that is cut short": (id) => packet(REPLY.data, id, 5000),
    "more bytes than were asked for": (id) => packet(REPLY.data, id, new Uint8Array(100)),
  };
  for (const [what, say] of Object.entries(nonsense)) {
    const { session } = await sessionWith((type, id) =>
      type === REQUEST.read ? say(id) : undefined
    );
    const read = new SftpRead(session, HANDLE, 0, 10);
    await assert.rejects(read.next(), (error) => {
      assert.ok(
        error instanceof OriginUnreachable || error instanceof RangeError,
        `${what}: ${error}`,
      );
      return true;
    });
  }
});

Deno.test("SftpSession rejects everything under way when its channel closes, and all later calls", async () => {
  const { session, close, isLeft } = await sessionWith(() => undefined);
  const calls = [session.open(HANDLE), session.stat(HANDLE), session.read(HANDLE, 0, 1)];
  close();
  for (const call of calls) await assert.rejects(call, OriginUnreachable);
  await assert.rejects(session.stat(HANDLE), OriginUnreachable);
  assert.ok(isLeft());
});

Deno.test("a read that is stopped while it waits releases what it took of the window, once", async () => {
  const { session } = await sessionWith(stingyFile(new Uint8Array(700_000), 1_000_000));
  for (let reads = 0; reads < 100; reads++) {
    const read = new SftpRead(session, HANDLE, 0, 700_000);
    const next = read.next();
    read.stop();
    await next;
  }
  assert.equal(session.window.underWay, 0);
});

Deno.test("a malformed start of the conversation is an error; a server without limits is accepted", async () => {
  const cut = Uint8Array.of(0, 0, 0, 2, REPLY.version, 0);
  const refusal = packet(REPLY.status, 0, STATUS.permissionDenied, utf8.encode("No"), EMPTY);
  for (const greeting of [cut, refusal, packet(REPLY.version, 4)]) {
    await assert.rejects(sessionWith(() => undefined, greeting), OriginUnreachable);
  }
  const limits = packet(REPLY.version, 3, utf8.encode("limits@openssh.com"), utf8.encode("1"));
  const { session } = await sessionWith((_, id) => packet(REPLY.status, id, 8), limits);
  assert.equal(session.readBytes, 32 * 1024);
});

Deno.test("a server's error message is cut to one short line", async () => {
  const said = utf8.encode(`No\u001b[2J\r\n${"x".repeat(100_000)}`);
  const { session } = await sessionWith((_, id) => packet(REPLY.status, id, 4, said, EMPTY));
  await assert.rejects(session.stat(HANDLE), ({ message }: Error) => {
    assert.match(message, /^No \[2J x{190,200}$/);
    return true;
  });
});

Deno.test("a reply that claims to have millions of entries takes no memory for them", async () => {
  const { session } = await sessionWith((_, id) => packet(REPLY.name, id, 31_000_000));
  const before = Deno.memoryUsage().rss;
  await assert.rejects(session.readDirectory(HANDLE), RangeError);
  assert.ok(Deno.memoryUsage().rss - before < 100_000_000);
});

Deno.test("a handle that is too long is refused, since every request would repeat it", async () => {
  const { session } = await sessionWith((_, id) => packet(REPLY.handle, id, new Uint8Array(257)));
  await assert.rejects(session.open(EMPTY), RangeError);
  await assert.rejects(session.openDirectory(EMPTY), RangeError);
});

Deno.test("an impossible name makes its directory unlisted; all other names are listed once", async () => {
  const answers = [["b.flac", "", "../../x.flac"], ["a\0.flac", "b.flac", "cover.jpg", "."]];
  const { session } = await sessionWith(directory(() => answers.shift()));
  const wanted = (name: string) => name.endsWith(".flac");
  const { files } = await listDirectory(session, "/m", "/m", { wanted, isOver: () => false });
  assert.deepEqual(files.map(({ kind, name }) => [kind, name]), [
    ["unlisted", ""],
    ["file", "b.flac"],
  ]);
});

Deno.test("an endless directory is read on only while the listing is wanted", async () => {
  let answers = 0;
  let isOver = false;
  const { session } = await sessionWith(directory(() => [`${answers++}.jpg`]));
  const asked: string[] = [];
  const wanted = (name: string) => (isOver ||= asked.push(name) === 100, false);
  const interest = { wanted, isOver: () => isOver };
  await assert.rejects(listDirectory(session, "/m", "/m", interest), OriginUnreachable);
  assert.ok(answers < 120, `${answers} answers`);
});

Deno.test("an endless directory is given up", async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `${i}.jpg`);
  const { session } = await sessionWith(directory(() => names));
  const interest = { wanted: () => false, isOver: () => false };
  await assert.rejects(listDirectory(session, "/m", "/m", interest), /it does not end/);
});
