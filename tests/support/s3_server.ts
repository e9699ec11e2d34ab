import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./s3_server_process.ts", import.meta.url));

/** The credentials that s3rver knows; variables that point elsewhere are closed. */
const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: "S3RVER",
  AWS_SECRET_ACCESS_KEY: "S3RVER",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Gives this process and its children the credentials of the server, or none. */
export function setS3Credentials(isKnown: boolean = true): void {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN"]) Deno.env.delete(name);
  for (const [name, value] of Object.entries(S3_ENVIRONMENT)) Deno.env.set(name, value);
  if (isKnown) return;
  Deno.env.delete("AWS_ACCESS_KEY_ID");
  Deno.env.delete("AWS_SECRET_ACCESS_KEY");
}

let clock = 1_700_000_000;

/**
 * A real S3 server (s3rver) in a process of its own, over a temporary directory. Tests put and delete objects on its
 * disk, and this process gets its credentials ({@link setS3Credentials}). The server answers anonymous requests,
 * refuses unknown access keys with InvalidAccessKeyId, does not check the signature (of version 4), and does not know
 * If-Match.
 */
export class S3Server {
  readonly directory = Deno.makeTempDirSync({ prefix: "s3-" });
  #process: Deno.ChildProcess | undefined;
  #port = 0;

  static async open(): Promise<S3Server> {
    const server = new S3Server();
    setS3Credentials();
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The root of an origin on this server. `port` may be that of a proxy. */
  root(bucket: string, prefix: string = "", port: number = this.#port): string {
    const path = prefix === "" ? "" : `/${prefix.split("/").map(encodeURIComponent).join("/")}`;
    return `s3://${bucket}${path}?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
  }

  createBucket(bucket: string): void {
    Deno.mkdirSync(`${this.directory}/${bucket}`);
  }

  /** Puts an object in one step. Each object has a LastModified of its own, whole seconds apart. */
  put(bucket: string, key: string, bytes: Uint8Array): void {
    const path = `${this.directory}/${bucket}/${key}._S3rver_object`;
    const written = `${this.directory}/written`;
    const time = clock++;
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeFileSync(written, bytes);
    Deno.utimeSync(written, time, time);
    Deno.writeTextFileSync(`${path}.md5`, createHash("md5").update(bytes).digest("hex"));
    Deno.renameSync(written, path);
  }

  /** Makes a file of the same disk an object, whatever its size. The object's ETag does not depend on its bytes. */
  link(bucket: string, key: string, file: string): void {
    const path = `${this.directory}/${bucket}/${key}._S3rver_object`;
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.linkSync(file, path);
    Deno.writeTextFileSync(`${path}.md5`, `${createHash("md5").update(key).digest("hex")}-1`);
  }

  remove(bucket: string, key: string): void {
    const path = `${this.directory}/${bucket}/${key}._S3rver_object`;
    Deno.removeSync(path);
    Deno.removeSync(`${path}.md5`);
  }

  /** Ends the process and keeps the objects. */
  async stop(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    await process.stdin.close();
    await process.status;
  }

  /** Starts the process unless it runs, on the same port as before. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", SCRIPT, this.directory, String(this.#port)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#process = process;
    const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await output.read();
    await output.cancel();
    this.#port = Number(value);
    if (!(this.#port > 0)) throw new Error(`Cannot start the S3 server: it printed ${value}`);
  }

  /** Ends the process and deletes the objects. */
  async close(): Promise<void> {
    await this.stop();
    await Deno.remove(this.directory, { recursive: true });
  }
}
