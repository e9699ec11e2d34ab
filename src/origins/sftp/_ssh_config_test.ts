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

const NOTHING = {
  hostKeyAlias: undefined,
  identityAgent: undefined,
  identitiesOnly: false,
  proxy: undefined,
  notes: [],
};

Deno.test("sshConfigOf takes the first value of the blocks that match, and all identity files", () => {
  assert.deepEqual(sshConfigOf(TEXT, "nas", "/home/ada"), {
    hostName: "nas.example.org",
    port: 2222,
    user: "ada l",
    identityFiles: ["/home/ada/.ssh/all", "/home/ada/keys/my nas"],
    knownHostsFiles: ["/home/ada/hosts", "/etc/hosts2"],
    ...NOTHING,
  });
  assert.deepEqual(sshConfigOf(TEXT, "guest.lan", "/home/ada"), {
    hostName: undefined,
    port: 23,
    user: "nobody",
    identityFiles: ["/home/ada/.ssh/all"],
    knownHostsFiles: ["/home/ada/hosts", "/etc/hosts2"],
    ...NOTHING,
  });
  assert.deepEqual(sshConfigOf("", "nas", "/home/ada"), {
    hostName: undefined,
    port: undefined,
    user: undefined,
    identityFiles: [],
    knownHostsFiles: undefined,
    ...NOTHING,
  });
});

Deno.test("sshConfigOf heeds Match and included files, and names what it passes over", () => {
  const files: Record<string, string> = {
    "/home/ada/.ssh/conf.d/*": "HostKeyAlias the-nas\nHost other\nUser wrong\n",
    "never": "User never\n",
  };
  const text = `
Host other
  Include never
Host nas
  HostName 10.0.0.7
  Include ~/.ssh/conf.d/*
  IdentitiesOnly yes
  IdentityAgent "~/agent sock"
Match originalhost nas,x host 10.0.0.* !host 10.0.0.9
  User ada
  ProxyCommand none
  ProxyJump bastion
Match exec "test -e /x"
  Port 99
Match all
  Port 2222
`;
  const config = sshConfigOf(text, "nas", "/home/ada", (pattern) => [files[pattern]!]);
  assert.deepEqual(config, {
    hostName: "10.0.0.7",
    port: 2222,
    user: "ada",
    identityFiles: [],
    knownHostsFiles: undefined,
    hostKeyAlias: "the-nas",
    identityAgent: "/home/ada/agent sock",
    identitiesOnly: true,
    proxy: "ProxyJump bastion",
    notes: ['"Match exec "test -e /x"" is passed over'],
  });
  assert.equal(sshConfigOf("ProxyCommand nc %h %p", "nas", "/").proxy, "ProxyCommand nc %h %p");
  let depth = 0;
  sshConfigOf("Include x", "nas", "/", () => (depth++, ["Include x"]));
  assert.equal(depth, 16, "files that include each other");
});

Deno.test("matchesHostPatterns takes nothing but * and ? for a pattern", () => {
  assert.ok(matchesHostPatterns(["n?s"], "nas"));
  assert.ok(!matchesHostPatterns(["n.s"], "nas"));
  assert.ok(matchesHostPatterns(["[::1]:22"], "[::1]:22"));
  assert.ok(!matchesHostPatterns([], "nas"));
});
