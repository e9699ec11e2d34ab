/** What a command says to whom: colours to a terminal, little to a script, commands before options to who asks. */
import assert from "node:assert/strict";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

/** Runs a command on a terminal of its own, and says all that it wrote there. */
const ON_TERMINAL = `
import pty, sys
sys.exit(pty.spawn(sys.argv[1:], lambda fd: __import__("os").read(fd, 1 << 16)) >> 8)
`;
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[\d+m/;

Deno.test({
  name: "colours are for terminals, and for nobody who sets NO_COLOR",
  ignore: !needs("python3"),
  async fn() {
    await using it = new Installation();
    const env = { ...it.environment(), TERM: "xterm" };
    const said = async (on: string[], more: Record<string, string> = {}) => {
      const words = [
        "env",
        "-u",
        "NO_COLOR",
        ...Object.entries(more).map((pair) => pair.join("=")),
      ];
      const { code, stdout, stderr } = await run([...on, ...words, ...it.command(["status"])], {
        env,
      });
      assert.match(stdout + stderr, /Cannot reach a daemon/);
      return { code, text: stdout + stderr };
    };
    const terminal = ["python3", "-c", ON_TERMINAL];
    const shown = await said(terminal);
    assert.match(shown.text, COLOUR);
    assert.equal(shown.code, 3);
    assert.doesNotMatch((await said(terminal, { NO_COLOR: "1" })).text, COLOUR);
    assert.doesNotMatch((await said(terminal, { TERM: "dumb" })).text, COLOUR);
    assert.doesNotMatch((await said([])).text, COLOUR);
  },
});

Deno.test("the help of a group names its commands before the options that all have", async () => {
  await using it = new Installation();
  for (const group of ["cache", "events", "origin", "track", "config"]) {
    const { code, stdout } = await it.musicfs([group, "--help"]);
    assert.equal(code, 0);
    const commands = stdout.indexOf("Commands:");
    assert.ok(commands > 0 && commands < stdout.indexOf("Options:"), stdout);
  }
});

Deno.test("-q and -v exclude one another, and neither takes the answer away", async () => {
  await using it = new Installation();
  for (const flags of [[], ["-q"], ["-v"]]) {
    const { code, stdout } = await it.musicfs([...flags, "version"]);
    assert.equal(code, 0);
    assert.match(stdout, /^musicfs \d/);
  }
  const { code, stderr } = await it.musicfs(["-q", "-v", "version"]);
  assert.equal(code, 2);
  assert.match(stderr, /cannot be used with/);
});
