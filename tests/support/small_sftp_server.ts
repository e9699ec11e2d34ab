/**
 * An SFTP server that can do less than OpenSSH's, like those of routers, cameras and Windows. It serves a local
 * directory with the server's side of ssh2.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import type { AddressInfo } from "node:net";
import type { SftpServer } from "./sftp_server.ts";

export interface SmallServerOptions {
  /** How many files and directories may be open at a time; any number when absent. */
  readonly handles?: number;
  readonly fstat?: boolean;
  readonly realpath?: boolean;
  /** Whether the server tells modes, and lines in the style of `ls -l`. */
  readonly modes?: boolean;
  readonly lines?: boolean;
}

const OK = 0, EOF = 1, NO_SUCH_FILE = 2, FAILURE = 4, UNSUPPORTED = 8;
const FILES_IN_A_REPLY = 10;

interface Open {
  readonly path: string;
  readonly fd: number | undefined;
  names: string[] | undefined;
}

export interface SmallServer extends AsyncDisposable {
  readonly port: number;
  /** The most handles open at a time, and how often one more was refused. */
  readonly counts: { open: number; refused: number };
}

/** Starts a server that admits everybody and has the host key of a server that the client knows. */
export async function openSmallServer(
  { base }: SftpServer,
  options: SmallServerOptions,
): Promise<SmallServer> {
  const { handles = Infinity, fstat = true, realpath = true, modes = true, lines = modes } =
    options;
  const { default: ssh2 } = await import("ssh2");
  const counts = { open: 0, refused: 0 };
  const hostKeys = [fs.readFileSync(`${base}/host_key`, "utf8")];
  // deno-lint-ignore no-explicit-any
  const serve = (sftp: any) => {
    const open = new Map<number, Open>();
    let last = 0;
    const attributesOf = (path: string) => {
      const { mode, size, uid, gid, atimeMs, mtimeMs } = fs.statSync(path);
      const times = { atime: atimeMs / 1000, mtime: Math.floor(mtimeMs / 1000) };
      return { ...(modes ? { mode, uid, gid } : {}), size, ...times };
    };
    const begin = (id: number, path: string, isDirectory: boolean) => {
      if (open.size >= handles) {
        counts.refused++;
        return sftp.status(id, FAILURE);
      }
      let opened: Open;
      try {
        opened = isDirectory
          ? { path, fd: undefined, names: fs.readdirSync(path) }
          : { path, fd: fs.openSync(path, "r"), names: undefined };
      } catch (error) {
        const isGone = (error as { code?: string }).code === "ENOENT";
        return sftp.status(id, isGone ? NO_SUCH_FILE : FAILURE);
      }
      open.set(++last, opened);
      counts.open = Math.max(counts.open, open.size);
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(last);
      sftp.handle(id, handle);
    };
    const of = (handle: Buffer) => open.get(handle.readUInt32BE(0))!;
    sftp.on("OPEN", (id: number, path: string) => begin(id, path, false));
    sftp.on("OPENDIR", (id: number, path: string) => begin(id, path, true));
    sftp.on("CLOSE", (id: number, handle: Buffer) => {
      const { fd } = of(handle);
      if (fd !== undefined) fs.closeSync(fd);
      open.delete(handle.readUInt32BE(0));
      sftp.status(id, OK);
    });
    sftp.on("READ", (id: number, handle: Buffer, offset: number, length: number) => {
      const bytes = Buffer.alloc(length);
      const read = fs.readSync(of(handle).fd!, bytes, 0, length, offset);
      if (read === 0) sftp.status(id, EOF);
      else sftp.data(id, bytes.subarray(0, read));
    });
    sftp.on("READDIR", (id: number, handle: Buffer) => {
      const { path, names } = of(handle);
      const some = names!.splice(0, FILES_IN_A_REPLY);
      if (some.length === 0) return sftp.status(id, EOF);
      sftp.name(
        id,
        some.map((filename) => {
          const attrs = attributesOf(`${path}/${filename}`);
          const kind = fs.statSync(`${path}/${filename}`).isDirectory() ? "d" : "-";
          const longname = lines ? `${kind}rw-r--r-- 1 a a 1 Jan 1 00:00 ${filename}` : filename;
          return { filename, longname, attrs };
        }),
      );
    });
    const stat = (id: number, path: string) => {
      try {
        sftp.attrs(id, attributesOf(path));
      } catch {
        sftp.status(id, NO_SUCH_FILE);
      }
    };
    sftp.on("STAT", stat);
    sftp.on("FSTAT", (id: number, handle: Buffer) => {
      if (fstat) stat(id, of(handle).path);
      else sftp.status(id, UNSUPPORTED);
    });
    sftp.on("REALPATH", (id: number, path: string) => {
      if (!realpath) return sftp.status(id, UNSUPPORTED);
      const filename = fs.realpathSync(path);
      sftp.name(id, [{ filename, longname: filename, attrs: {} }]);
    });
  };
  // deno-lint-ignore no-explicit-any
  const server = new ssh2.Server({ hostKeys }, (client: any) => {
    client.on("error", () => {});
    // deno-lint-ignore no-explicit-any
    client.on("authentication", (asked: any) => asked.accept());
    // deno-lint-ignore no-explicit-any
    client.on("session", (accept: any) => {
      // deno-lint-ignore no-explicit-any
      accept().on("sftp", (accept: any) => serve(accept()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    counts,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
