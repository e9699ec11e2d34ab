/**
 * The scripts of `musicfs completions`, read by their shells: each shell is asked what it would offer after a command
 * line.
 */
import assert from "node:assert/strict";
import { buildProgram } from "../../src/cli/program.ts";
import { completionScript } from "../../src/cli/completions.ts";
import { SHELLS } from "../../src/cli/shells.ts";
import { needs } from "../support/needs.ts";

/** A command line whose last word is to be completed, and the offers: exactly these, or at least these. */
const EXACTLY: [string[], string[]][] = [
  [["musicfs", "m"], ["mount"]],
  [["musicfs", "--json", "events", "s"], ["show", "stats"]],
  [["musicfs", "--state-dir", "mount", "origin", "r"], ["rescan"]],
  [["musicfs", "events", "list", "--type", "FilesO"], ["FilesObserved"]],
  [["musicfs", "completions", ""], ["bash", "fish", "zsh"]],
  [["musicfs", "status", "--log-level", "w"], ["warn"]],
  [["musicfs", "mount", "--ori"], ["--origin"]],
  [["musicfs", "cache", "clear", "--ori"], ["--origin"]],
  [["musicfs", "cache", ""], ["clear", "pin", "stats", "unpin", "verify", "warm"]],
  [["musicfs", "cache", "clear", "--origin", ""], []],
  [["musicfs", "search", "-1", "albuma"], ["albumartist:", "albumartistsort:"]],
  [["musicfs", "list", "genr"], ["genres"]],
  [["musicfs", "list", "--sort", "count", "genres", "compo"], ["composer:", "composersort:"]],
  [["musicfs", "list", "genres", "artist:abba", "compi"], ["compilation:"]],
  [["musicfs", "list", "genres", "artist:ab"], []],
  [["musicfs", "list", "genres", "--sor"], ["--sort"]],
  [["musicfs", "cache", "pin", "albuma"], ["albumartist:", "albumartistsort:"]],
  [["musicfs", "events", "list", "--track", "moo"], ["mood:"]],
  [["musicfs", "rpc", ""], ["call", "describe"]],
  [["musicfs", "rpc", "call", "events."], ["events.replay", "events.verify"]],
];

interface Completer {
  /** Shell code that prints one offer a line for the words in `"$@"` (or `$argv`). */
  readonly program: (script: string) => string;
  readonly args: readonly string[];
}

const COMPLETERS: Record<(typeof SHELLS)[number], Completer> = {
  bash: {
    args: ["--norc", "--noprofile", "-c"],
    program: (script) =>
      `source ${script}
COMP_WORDS=("$@") COMP_CWORD=$(( $# - 1 ))
_musicfs
printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  // zsh's completion system needs a terminal. These functions stand for it and print what they are given.
  zsh: {
    args: ["-f", "-c"],
    program: (script) =>
      `compdef() { :; }
_files() { :; }
_message() { :; }
_describe() {
  local it
  for it in "\${(@P)argv[4]}"; do
    it=\${it//\\\\:/$'\\1'} it=\${it%%:*}
    print -r -- "\${it//$'\\1'/:}"
  done
}
source ${script}
words=("$@") CURRENT=$#
_musicfs`,
  },
  fish: {
    args: ["--no-config", "-c"],
    program: (script) =>
      `source ${script}
complete -C (string join ' ' -- $argv) | string replace -r '\\t.*' ''`,
  },
};

for (const shell of SHELLS) {
  Deno.test({
    name: `completions offer commands, options and values in ${shell}`,
    ignore: !needs(shell),
    async fn() {
      const script = await Deno.makeTempFile({ prefix: "musicfs-completion-" });
      try {
        await Deno.writeTextFile(script, await completionScript(shell));
        for (const [words, expected] of EXACTLY) {
          const offered = await offers(shell, script, words);
          // The real completion system of zsh filters offers by the typed text; the stand-in does not.
          const typed = words.at(-1)!;
          const matching = offered.filter((offer) => offer.startsWith(typed)).sort();
          assert.deepEqual(matching, expected, words.join(" "));
        }
      } finally {
        await Deno.remove(script);
      }
    },
  });
}

Deno.test("completions in bash complete directories where a mount point or an origin goes", async () => {
  const directory = await Deno.makeTempDir({ prefix: "musicfs-completion-" });
  try {
    const script = `${directory}/script`;
    await Deno.writeTextFile(script, await completionScript("bash"));
    await Deno.mkdir(`${directory}/two words`);
    await Deno.writeTextFile(`${directory}/two files`, "");
    for (const before of [["mount"], ["unmount"], ["mount", "/x", "--origin"], ["--cache-dir"]]) {
      const offered = await offers("bash", script, ["musicfs", ...before, `${directory}/two`]);
      assert.deepEqual(offered, [`${directory}/two words`], before.join(" "));
    }
    for (const before of [["track", "show"], ["cache", "pin"]]) {
      const files = await offers("bash", script, ["musicfs", ...before, `${directory}/two`]);
      assert.deepEqual(files.sort(), [`${directory}/two files`, `${directory}/two words`]);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

for (const shell of SHELLS) {
  Deno.test({
    name: `completions offer the names of collections in ${shell}`,
    ignore: !needs(shell),
    async fn() {
      const directory = await Deno.makeTempDir({ prefix: "musicfs-completion-" });
      const path = Deno.env.get("PATH")!;
      try {
        const script = `${directory}/script`;
        await Deno.writeTextFile(script, await completionScript(shell));
        const program =
          '#!/bin/sh\n[ "$*" = "collection list" ] && printf "Jazz: 60s\\nJabba\\n"\n';
        await Deno.writeTextFile(`${directory}/musicfs`, program, { mode: 0o755 });
        Deno.env.set("PATH", `${directory}:${path}`);
        for (const command of ["show", "rename", "remove", "export"]) {
          const offered = await offers(shell, script, ["musicfs", "collection", command, "Jaz"]);
          const plain = offered.map((it) => it.replaceAll("\\", ""))
            .filter((it) => it.startsWith("Jaz"));
          assert.deepEqual(plain, ["Jazz: 60s"], command);
        }
        const further = await offers(shell, script, ["musicfs", "collection", "rename", "a", "Ja"]);
        assert.deepEqual(further.filter((it) => it.startsWith("Ja")), []);
      } finally {
        Deno.env.set("PATH", path);
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

Deno.test("completions in bash offer no field where the value of one is typed: bash parts words at the colon", async () => {
  const script = await Deno.makeTempFile({ prefix: "musicfs-completion-" });
  try {
    await Deno.writeTextFile(script, await completionScript("bash"));
    for (
      const [typed, expected] of [
        [["artist", ":"], []],
        [["artist", ":", "comp"], []],
        [["artist", ":", "abba", "compi"], ["compilation:"]],
      ] as const
    ) {
      assert.deepEqual(
        await offers("bash", script, ["musicfs", "list", "genres", ...typed]),
        expected,
      );
    }
  } finally {
    await Deno.remove(script);
  }
});

Deno.test("completions know every command and every option of the program", async () => {
  const scripts = await Promise.all(SHELLS.map((shell) => completionScript(shell)));
  const visit = (command: ReturnType<typeof buildProgram>) => {
    for (const child of command.commands) {
      for (const script of scripts) assert(script.includes(child.name()), child.name());
      visit(child as ReturnType<typeof buildProgram>);
    }
    for (const { long } of command.options) {
      for (const script of scripts) assert(script.includes(long!.slice(2)), long!);
    }
  };
  visit(buildProgram(() => {}));
});

async function offers(
  shell: (typeof SHELLS)[number],
  script: string,
  words: readonly string[],
): Promise<string[]> {
  const { args, program } = COMPLETERS[shell];
  // bash and zsh take the first argument behind the code as $0; fish has no such thing.
  const name = shell === "fish" ? [] : [shell];
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...args, program(script), ...name, ...words],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}
