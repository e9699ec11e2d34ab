import assert from "node:assert/strict";
import { matchesHostPatterns, sshConfigOf } from "./_ssh_config.ts";

const TEXT = `
# Before any Host: for all
IdentityFile ~/.ssh/all
Host nas *.lan !guest.lan
  HostName %h.example.org
  Port=2222
  User "ada l"
  IdentityFile "%d/keys/my nas"
Host *
  Port 23
  User nobody
  UserKnownHostsFile ~/hosts /etc/hosts2
Match host nas
  User matched
`;

Deno.test("sshConfigOf takes the first value of the blocks that match, and all identity files", () => {
  assert.deepEqual(sshConfigOf(TEXT, "nas", "/home/ada"), {
    hostName: "nas.example.org",
    port: 2222,
    user: "ada l",
    identityFiles: ["/home/ada/.ssh/all", "/home/ada/keys/my nas"],
    knownHostsFiles: ["/home/ada/hosts", "/etc/hosts2"],
  });
  assert.deepEqual(sshConfigOf(TEXT, "guest.lan", "/home/ada"), {
    hostName: undefined,
    port: 23,
    user: "nobody",
    identityFiles: ["/home/ada/.ssh/all"],
    knownHostsFiles: ["/home/ada/hosts", "/etc/hosts2"],
  });
  assert.deepEqual(sshConfigOf("", "nas", "/home/ada"), {
    hostName: undefined,
    port: undefined,
    user: undefined,
    identityFiles: [],
    knownHostsFiles: undefined,
  });
});

Deno.test("matchesHostPatterns takes nothing but * and ? for a pattern", () => {
  assert.ok(matchesHostPatterns(["n?s"], "nas"));
  assert.ok(!matchesHostPatterns(["n.s"], "nas"));
  assert.ok(matchesHostPatterns(["[::1]:22"], "[::1]:22"));
  assert.ok(!matchesHostPatterns([], "nas"));
});
