import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { judgeHostKey, knownKeysOf } from "./_ssh_known_hosts.ts";

const [ED25519, OTHER, RSA] = [
  keyOf("ssh-ed25519", 1),
  keyOf("ssh-ed25519", 2),
  keyOf("ssh-rsa", 3),
];

/** A key on the wire: its type, and a number in place of the rest. */
function keyOf(type: string, number: number): Buffer {
  return Buffer.from([0, 0, 0, type.length, ...new TextEncoder().encode(type), number]);
}

function line(hosts: string, key: Buffer): string {
  return `${hosts} ${key.subarray(4, -1)} ${key.toString("base64")} a comment`;
}

function verdict(text: string, host: string, port: number, key: Buffer): string {
  return judgeHostKey(knownKeysOf(text, "known_hosts", host, port), key).kind;
}

Deno.test("knownKeysOf finds a host by name, in lists, by wildcards, unless it is negated", () => {
  const text = [
    "# a comment",
    "",
    line("nas,192.168.1.5", ED25519),
    line("*.lan,!guest.lan", OTHER),
    line("[nas]:2222", RSA),
  ].join("\n");
  assert.equal(verdict(text, "nas", 22, ED25519), "known");
  assert.equal(verdict(text, "NAS", 22, ED25519), "known");
  assert.equal(verdict(text, "192.168.1.5", 22, ED25519), "known");
  assert.equal(verdict(text, "music.lan", 22, OTHER), "known");
  assert.equal(verdict(text, "guest.lan", 22, OTHER), "unknown");
  assert.equal(verdict(text, "nas", 2222, RSA), "known");
  assert.equal(verdict(text, "nas", 2222, ED25519), "changed");
  assert.equal(verdict(text, "nas", 23, ED25519), "unknown");
  assert.equal(verdict(text, "nasty", 22, ED25519), "unknown");
});

Deno.test("knownKeysOf finds hashed names", () => {
  const salt = Buffer.alloc(20, 7);
  const hash = createHmac("sha1", salt).update("[nas]:2222").digest("base64");
  const text = line(`|1|${salt.toString("base64")}|${hash}`, ED25519);
  assert.equal(verdict(text, "nas", 2222, ED25519), "known");
  assert.equal(verdict(text, "nas", 22, ED25519), "unknown");
});

Deno.test("judgeHostKey tells a changed key, and names the line of its type", () => {
  const keys = knownKeysOf([line("nas", RSA), line("nas", OTHER)].join("\n"), "file", "nas", 22);
  const changed = judgeHostKey(keys, ED25519);
  assert.ok(changed.kind === "changed");
  assert.equal(changed.known.at, "file:2");
  assert.equal(judgeHostKey(keys, RSA).kind, "known");
});

Deno.test("judgeHostKey refuses a revoked key, whatever else the files say of it", () => {
  const text = [line("nas", ED25519), line("@revoked *", ED25519)].join("\n");
  assert.equal(verdict(text, "nas", 22, ED25519), "revoked");
  assert.equal(verdict(line("@cert-authority *", ED25519), "nas", 22, ED25519), "unknown");
});
