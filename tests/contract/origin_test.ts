import { LocalOrigin, MemoryOrigin, NfsOrigin } from "../../src/origins/mod.ts";
import { S3Origin } from "../../src/origins/s3/s3_origin.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { removeLocal, writeLocal } from "../support/local_files.ts";
import { S3Server } from "../support/s3_server.ts";
import { hasSftpServer, SftpServer } from "../support/sftp_server.ts";
import { type OriginPlace, testOrigin } from "./origin_suite.ts";

testOrigin("memory origin", memoryPlace, { holdsBytes: true });
testOrigin("local origin", localPlace, { holdsBytes: true });
testOrigin("nfs origin", nfsPlace, { holdsBytes: true });
testOrigin("sftp origin", sftpPlace, { holdsBytes: true, ignore: !hasSftpServer() });
testOrigin("s3 origin", () => s3Place(""));
testOrigin("s3 origin below a prefix", () => s3Place("my music/%41"));

function memoryPlace(): OriginPlace {
  return {
    open() {
      const origin = new MemoryOrigin("memory");
      return {
        origin,
        write: (path, bytes) => origin.write(path, bytes),
        remove: (path) => origin.remove(path),
        takeAway: () => {
          origin.unreachable = "Unplugged";
        },
        close: () => {},
      };
    },
    stop: () => {},
  };
}

function localPlace(): OriginPlace {
  const base = Deno.makeTempDirSync();
  let opened = 0;
  return {
    open() {
      const root = `${base}/music ${++opened}`;
      Deno.mkdirSync(root);
      return {
        origin: new LocalOrigin("local", root, false, 60_000),
        write: (path, bytes) => writeLocal(root, path, bytes),
        remove: (path) => removeLocal(root, path),
        takeAway: () => Deno.renameSync(root, `${root} away`),
        close: () => {},
      };
    },
    stop: () => Deno.removeSync(base, { recursive: true }),
  };
}

async function s3Place(prefix: string): Promise<OriginPlace> {
  const server = await S3Server.open();
  let opened = 0;
  return {
    open() {
      const bucket = `music-${++opened}`;
      const key = (path: string) => prefix === "" ? path : `${prefix}/${path}`;
      server.createBucket(bucket);
      return {
        origin: new S3Origin("s3", server.root(bucket, prefix)),
        write: (path, bytes) => server.put(bucket, key(path), bytes),
        remove: (path) => server.remove(bucket, key(path)),
        takeAway: () => server.stop(),
        close: () => server.start(),
      };
    },
    stop: () => server.close(),
  };
}

function nfsPlace(): OriginPlace {
  const base = Deno.makeTempDirSync();
  let opened = 0;
  return {
    open() {
      const root = `${base}/music ${++opened}`;
      Deno.mkdirSync(root);
      const origin = new NfsOrigin("nfs", root);
      return {
        origin,
        write: (path, bytes) => writeLocal(root, path, bytes),
        remove: (path) => removeLocal(root, path),
        takeAway: () => Deno.renameSync(root, `${root} away`),
        close: () => origin.close(),
      };
    },
    stop: () => Deno.removeSync(base, { recursive: true }),
  };
}

async function sftpPlace(): Promise<OriginPlace> {
  const server = await SftpServer.start();
  let opened = 0;
  return {
    open() {
      const root = `${server.music}/music ${++opened}`;
      Deno.mkdirSync(root);
      return {
        origin: new SftpOrigin("sftp", server.url({ path: root }), server.places),
        write: (path, bytes) => writeLocal(root, path, bytes),
        remove: (path) => removeLocal(root, path),
        takeAway: () => Deno.renameSync(root, `${root} away`),
        close: () => {},
      };
    },
    stop: () => server[Symbol.asyncDispose](),
  };
}
