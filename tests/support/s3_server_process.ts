/**
 * Serves a directory as S3 with s3rver, on 127.0.0.1, until its standard input ends. Prints its port.
 *
 * s3rver 3.7.1 lacks two things that every real S3 has, which are added here: listings in the order of the keys'
 * bytes, and a continuation token for more than a thousand keys where OpenSSL has no DES any more.
 *
 * usage: s3_server_process.ts DIR PORT
 */
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import { isAbsolute } from "node:path";
import S3rver from "s3rver";
import { compareBytes } from "../../src/origins/mod.ts";

const OBJECT = "._S3rver_object";

interface ListedOptions {
  readonly delimiter?: string;
  readonly startAfter?: string;
  readonly prefix?: string;
  readonly maxKeys: number;
}

const [directory, port] = Deno.args;
if (directory === undefined || !isAbsolute(directory)) throw new Error("usage: DIR PORT");
mendCipher();
const server = new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory,
  silent: true,
});
server.store.listObjects = (bucket: string, options: ListedOptions) =>
  Promise.resolve(listed(`${directory}/${bucket}`, options));
const address = await server.run();
console.log(address.port);
for await (const _ of Deno.stdin.readable);
Deno.exit();

function listed(bucket: string, options: ListedOptions) {
  const { delimiter, startAfter = "", prefix = "", maxKeys } = options;
  const objects: unknown[] = [];
  const commonPrefixes = new Set<string>();
  for (const key of keys(bucket, "", prefix, startAfter)) {
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut >= 0) {
      commonPrefixes.add(key.slice(0, cut + 1));
    } else {
      if (objects.length === maxKeys) {
        return { objects, commonPrefixes: [...commonPrefixes], isTruncated: true };
      }
      objects.push(listedObject(bucket, key));
    }
  }
  return { objects, commonPrefixes: [...commonPrefixes], isTruncated: false };
}

function listedObject(bucket: string, key: string) {
  const { size, mtime } = Deno.statSync(`${bucket}/${key}${OBJECT}`);
  const md5 = Deno.readTextFileSync(`${bucket}/${key}${OBJECT}.md5`);
  return { key, size, lastModifiedDate: mtime, metadata: { etag: `"${md5}"` } };
}

/** The keys of a bucket in the order of their bytes; a directory sorts by its name with the slash. */
function* keys(bucket: string, at: string, prefix: string, after: string): Iterable<string> {
  const found: { readonly key: string; readonly isDirectory: boolean }[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(`${bucket}/${at}`)) {
    if (isDirectory) found.push({ key: `${at}${name}/`, isDirectory });
    else if (name.endsWith(OBJECT)) {
      found.push({ key: at + name.slice(0, -OBJECT.length), isDirectory });
    }
  }
  for (const { key, isDirectory } of found.sort((a, b) => compareBytes(a.key, b.key))) {
    const isBehind = compareBytes(key, after) > 0;
    if (!isDirectory) {
      if (isBehind && key.startsWith(prefix)) yield key;
    } else if (
      (isBehind || after.startsWith(key)) && (key.startsWith(prefix) || prefix.startsWith(key))
    ) {
      yield* keys(bucket, key, prefix, after);
    }
  }
}

/** Replaces the cipher of continuation tokens. A token holds nothing but a key, so any cipher will do. */
function mendCipher(): void {
  const { createCipheriv, createDecipheriv } = crypto;
  const twice = (bytes: Uint8Array) => Buffer.concat([bytes, bytes]);
  Object.assign(crypto, {
    createCipheriv: (_: string, key: Uint8Array, iv: Uint8Array) =>
      createCipheriv("aes-128-cbc", twice(key), twice(iv)),
    createDecipheriv: (_: string, key: Uint8Array, iv: Uint8Array) =>
      createDecipheriv("aes-128-cbc", twice(key), twice(iv)),
  });
}
