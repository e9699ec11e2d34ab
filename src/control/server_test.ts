import assert from "node:assert/strict";
import { EXIT, type Logger, RPC_FRAME_BYTES_MAX, UserError } from "../base/mod.ts";
import { connectControl, findControl } from "./client.ts";
import { methods } from "./methods/mod.ts";
import { RPC_ERROR, RpcClosed } from "./rpc/mod.ts";
import { ControlServer } from "./server.ts";

const ROOT = Deno.uid() === 0;
const NOBODY = 65534;

const HANDLERS = methods({
  "status": () => ({ version: "test" }) as never,
  "unmount": ({ mountpoint }) => {
    throw new UserError(`Cannot unmount '${mountpoint}'`, { exitCode: EXIT.notFound });
  },
  "origin.rescan": async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return [];
  },
  "origin.confirm_removals": ({ id }) => id.repeat(1000) as never,
});

Deno.test("ControlServer answers many clients at once", async () => {
  await using place = serve();
  const clients = await Promise.all(Array.from({ length: 100 }, () => connectControl(place.path)));
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(clients.map((client) => client.request("status", {})));
    assert(answers.every(({ version }) => version === "test"));
  }
  await Promise.all(clients.map((client) => client.close()));
});

Deno.test("ControlServer carries errors for the user and long answers", async () => {
  await using place = serve();
  const client = await connectControl(place.path);
  await assert.rejects(client.request("unmount", { mountpoint: "/m" }), {
    name: "UserError",
    message: "Cannot unmount '/m'",
    exitCode: EXIT.notFound,
  });
  const id = "é".repeat(4000);
  const answer = await client.request("origin.confirm_removals", { id }) as unknown;
  assert.equal(answer, id.repeat(1000));
  await client.close();
});

Deno.test("ControlServer keeps its socket to its owner, and removes it", async () => {
  const place = serve();
  assert.equal(Deno.lstatSync(place.path).mode! & 0o777, 0o600);
  await place.server.close();
  assert.throws(() => Deno.lstatSync(place.path), Deno.errors.NotFound);
  assert.equal(await findControl(place.path), undefined);
  await place[Symbol.asyncDispose]();
});

Deno.test("ControlServer closes with requests open and clients silent", async () => {
  await using place = serve();
  const client = await connectControl(place.path);
  const silent = await Deno.connect({ transport: "unix", path: place.path });
  const params = { ids: [], full: false, wait: true };
  const open = assert.rejects(
    client.request("origin.rescan", params, { deadlineMs: Infinity }),
    RpcClosed,
  );
  await client.request("status", {});
  await place.server.close();
  await open;
  await client.closed;
  assert.equal(await silent.read(new Uint8Array(1)), null);
  silent.close();
});

Deno.test("ControlServer hangs up on a frame without end, and serves the others", async () => {
  await using place = serve();
  const client = await connectControl(place.path);
  const hostile = await Deno.connect({ transport: "unix", path: place.path });
  const part = new Uint8Array(1024 * 1024).fill(0x7b);
  const writing = (async () => {
    for (let sent = 0; sent <= RPC_FRAME_BYTES_MAX + part.length;) {
      sent += await hostile.write(part);
    }
  })().catch(() => {});
  const answer = new Uint8Array(1000);
  const count = await hostile.read(answer) ?? 0;
  const { error } = JSON.parse(new TextDecoder().decode(answer.subarray(0, count)));
  assert.equal(error.code, RPC_ERROR.invalidRequest);
  await writing;
  hostile.close();
  assert.equal((await client.request("status", {})).version, "test");
  await client.close();
});

Deno.test("ControlServer answers garbage with errors and goes on", async () => {
  await using place = serve();
  const hostile = await Deno.connect({ transport: "unix", path: place.path });
  const garbage = crypto.getRandomValues(new Uint8Array(10_000)).map((byte) => byte % 97);
  await hostile.write(garbage);
  await hostile.write(new TextEncoder().encode("\n"));
  const answer = new Uint8Array(100);
  assert((await hostile.read(answer) ?? 0) > 0);
  hostile.close();
  const client = await connectControl(place.path);
  assert.equal((await client.request("status", {})).version, "test");
  await client.close();
});

Deno.test("ControlServer stops reading a client that does not read", async () => {
  await using place = serve();
  const deaf = await Deno.connect({ transport: "unix", path: place.path });
  const id = "x".repeat(1000);
  const params = { id };
  const frame = { jsonrpc: "2.0", id: 1, method: "origin.confirm_removals", params };
  const request = new TextEncoder().encode(`${JSON.stringify(frame)}\n`);
  let sent = 0;
  const flood = (async () => {
    for (;;) sent += await deaf.write(request);
  })().catch(() => {});
  const client = await connectControl(place.path);
  // The flood has stalled when it sent nothing while another client got many answers.
  for (let before = -1; before !== sent;) {
    before = sent;
    for (let i = 0; i < 50; i++) await client.request("status", {});
  }
  assert(sent < 4 * 1024 * 1024, `${sent} bytes were taken`);
  await client.close();
  await place.server.close();
  await flood;
  deaf.close();
});

Deno.test("ControlServer takes the place of a dead socket", async () => {
  await using place = serve();
  // The second name keeps the socket file after close(), as SIGKILL would.
  const dead = `${place.directory}/dead.sock`;
  Deno.linkSync(place.path, dead);
  await place.server.close();
  assert.equal(await findControl(dead), undefined);
  const server = new ControlServer(dead, HANDLERS, SILENT);
  const client = await connectControl(dead);
  await client.request("status", {});
  await client.close();
  await server.close();
});

Deno.test("ControlServer does not replace another daemon's socket, nor a file", async () => {
  await using place = serve();
  assert.throws(() => new ControlServer(place.path, HANDLERS, SILENT), {
    name: "UserError",
    message: /another daemon listens/,
  });
  const client = await connectControl(place.path);
  await client.request("status", {});
  await client.close();
  const file = `${place.directory}/file`;
  Deno.writeTextFileSync(file, "precious");
  assert.throws(() => new ControlServer(file, HANDLERS, SILENT), {
    name: "UserError",
    message: /not a socket/,
  });
  assert.equal(Deno.readTextFileSync(file), "precious");
  assert.throws(() => new ControlServer(`${place.directory}/none/socket`, HANDLERS, SILENT), {
    name: "UserError",
    message: /ENOENT/,
  });
});

Deno.test("a control socket's path that is too long is named as such", async () => {
  const path = `/tmp/${"é".repeat(60)}`;
  const expected = { name: "UserError", message: /at most 107 bytes, this has 125/ };
  assert.throws(() => new ControlServer(path, HANDLERS, SILENT), expected);
  await assert.rejects(connectControl(path), expected);
});

Deno.test("connectControl() says that no daemon runs", async () => {
  await assert.rejects(connectControl("/tmp/musicfs-no-such.sock"), {
    name: "UserError",
    exitCode: EXIT.noDaemon,
    message: /none is running/,
  });
});

Deno.test({
  name: "ControlServer refuses other users, even past the mode (needs root)",
  ignore: !ROOT,
  fn: async () => {
    const warnings: string[] = [];
    await using place = serve({ ...SILENT, warn: (message) => warnings.push(message) });
    Deno.chmodSync(place.directory, 0o755);
    // The child changes its own user id, since the other user may not be allowed to run this Deno.
    const script = `
      const uid = Number(Deno.args[1]);
      const id = { parameters: ["u32", "u32", "u32"], result: "i32" };
      const { symbols } = Deno.dlopen("libc.so.6", { setresgid: id, setresuid: id });
      if (symbols.setresgid(uid, uid, uid) + symbols.setresuid(uid, uid, uid) !== 0) Deno.exit(9);
      const socket = await Deno.connect({ transport: "unix", path: Deno.args[0] });
      try {
        await socket.write(new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"status"}\\n'));
      } catch { /* Hung up before the write. */ }
      const count = await socket.read(new Uint8Array(10)).catch(() => null);
      console.log(count === null ? "refused" : "served");
    `;
    const ask = async (uid: number) => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", "--no-config", script, place.path, `${uid}`],
        env: { NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    assert.match(await ask(NOBODY), /PermissionDenied|Permission denied/);
    Deno.chmodSync(place.path, 0o666);
    assert.equal(await ask(NOBODY), "refused\n");
    assert.match(warnings.join(), /user 65534/);
    assert.equal(await ask(0), "served\n");
  },
});

const SILENT: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  trace: () => {},
};

function serve(logger: Logger = SILENT) {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-control-" });
  const path = `${directory}/musicfs.sock`;
  const server = new ControlServer(path, HANDLERS, logger);
  return {
    directory,
    path,
    server,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
