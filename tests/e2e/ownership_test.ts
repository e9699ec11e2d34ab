/** Permissions: the origin's hold for the mount, and the kernel enforces them. */
import assert from "node:assert/strict";
import { openEventLog } from "../../events/mod.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { denoDirectory } from "../support/deno_directory.ts";
import { until } from "../support/until.ts";

const USER = 12_345;
/** A user in /etc/passwd, where fusermount3 looks up the name. */
const NOBODY = 65_534;
const TEMPLATE = ["--template", "$title.$format"];
const isRoot = Deno.uid() === 0;

/** Three files of root's: a private one, one for a group, one for all. */
function putFiles({ base, origin }: Installation): void {
  // The other user must be able to reach the mount point.
  Deno.chmodSync(base, 0o755);
  for (
    const [name, mode, gid] of [["Private", 0o600, 0], ["Group", 0o640, USER], [
      "Open",
      0o6755,
      0,
    ]] as const
  ) {
    const path = `${origin}/${name}.flac`;
    write(path, flacFile({ title: name }, { seconds: 8, seed: mode }));
    Deno.chownSync(path, 0, gid);
    Deno.chmodSync(path, mode);
  }
}

/** Reads a file as another user. Resolves with "read", or what the complaint says. */
async function readAs(user: number, path: string): Promise<string> {
  const { code, stderr } = await run([
    ...["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"],
    ...["head", "-c", "100000", path],
  ], { seconds: 20 });
  return code === 0 ? "read" : stderr.includes("Permission denied") ? "denied" : stderr;
}

function shown(path: string): [mode: number, uid: number | null, gid: number | null] {
  const { mode, uid, gid } = Deno.statSync(path);
  return [mode! & 0o7777, uid, gid];
}

for (const passthrough of ["on", "off"]) {
  Deno.test({
    name: `others read what the origin lets them read, and no more (pass-through ${passthrough})`,
    ignore: !isRoot || !needs("/dev/fuse", "setpriv"),
    async fn() {
      await using it = new Installation();
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      putFiles(it);
      await it.mountAndScan([...TEMPLATE, "--allow-other"]);
      const at = (name: string) => `${it.mountpoint}/${name}.flac`;
      assert.deepEqual(shown(at("Private")), [0o400, 0, 0]);
      assert.deepEqual(shown(at("Group")), [0o440, 0, USER]);
      assert.deepEqual(shown(at("Open")), [0o555, 0, 0]);
      assert.deepEqual(shown(it.mountpoint), [0o555, 0, 0]);
      const all = () =>
        Promise.all(["Private", "Group", "Open"].map((name) => readAs(USER, at(name))));
      // Root's reads bring the bytes into the kernel's pages, which must not open them to others.
      assert.equal(await readAs(0, at("Private")), "read");
      assert.deepEqual(await all(), ["denied", "read", "read"]);

      Deno.chmodSync(`${it.origin}/Private.flac`, 0o644);
      Deno.chmodSync(`${it.origin}/Open.flac`, 0o700);
      await until("the new permissions", 10_000, async () => {
        const [mine, , open] = await all();
        return mine === "read" && open === "denied";
      });
      assert.deepEqual(shown(at("Private")), [0o444, 0, 0]);
    },
  });
}

Deno.test({
  name: "the owner of the mount may set the owner and the mode of files",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv"),
  async fn() {
    await using it = new Installation();
    putFiles(it);
    const at = (name: string) => `${it.mountpoint}/${name}.flac`;
    await it.mountAndScan([
      ...[...TEMPLATE, "--allow-other", "--owner", String(USER), "--group", "root"],
      ...["--file-mode", "0640", "--dir-mode", "0750"],
    ]);
    for (const name of ["Private", "Group", "Open"]) {
      assert.deepEqual(shown(at(name)), [0o440, USER, 0]);
      assert.equal(await readAs(USER, at(name)), "read");
      assert.equal(await readAs(USER + 1, at(name)), "denied");
    }
    assert.deepEqual(shown(it.mountpoint), [0o550, USER, 0]);
    await it.unmount();
    const wrong = await it.musicfs([
      ...["mount", it.mountpoint, "--origin", it.origin, "--owner", "nobody-of-that-name"],
    ]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /there is no such user/);
    const mode = await it.musicfs([
      "mount",
      it.mountpoint,
      "--origin",
      it.origin,
      "--file-mode",
      "rw",
    ]);
    assert.equal(mode.code, 2);
    assert.match(mode.stderr, /--file-mode/);
  },
});

/** Rewrites the log into that of an older program, which noted no permissions. */
async function forgetPermissions({ base, stateDir }: Installation): Promise<void> {
  const former = `${base}/former`;
  Deno.renameSync(stateDir, former);
  const from = openEventLog(former, { readOnly: true });
  const to = openEventLog(stateDir);
  for (const stored of from.read()) {
    const { seq: _seq, at: _at, ...event } = stored;
    if (event.type !== "FilesObserved") {
      await to.append([event]);
      continue;
    }
    const files = event.data.files.map(({ mode: _m, uid: _u, gid: _g, ...file }) => file);
    await to.append([{ ...event, data: { ...event.data, files } }]);
  }
  await from.close();
  await to.close();
}

Deno.test({
  name: "where an older program noted no permissions, nobody gets in until a scan has seen them",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv"),
  async fn() {
    await using it = new Installation();
    putFiles(it);
    const at = (name: string) => `${it.mountpoint}/${name}.flac`;
    const args = [...TEMPLATE, "--allow-other", "--no-scan"];
    const all = () =>
      Promise.all(["Private", "Group", "Open"].map((name) => readAs(USER, at(name))));
    await it.mountAndScan(TEMPLATE);
    await it.unmount();
    await forgetPermissions(it);
    Deno.removeSync(it.cacheDir, { recursive: true });
    it.env = { MUSICFS_WATCH: "off" };
    await it.mount(args);
    await until(
      "the library is built",
      30_000,
      async () => (await it.status()).library.tracks === 3,
    );
    for (const name of ["Private", "Group", "Open"]) {
      assert.deepEqual(shown(at(name)), [0o400, 0, 0]);
      assert.equal(await readAs(0, at(name)), "read");
    }
    assert.deepEqual(await all(), ["denied", "denied", "denied"]);
    await it.rescan();
    assert.deepEqual(await all(), ["denied", "read", "read"]);
    assert.deepEqual(shown(at("Group")), [0o440, 0, USER]);
  },
});

Deno.test({
  name:
    "a user whom an access control list keeps out on the origin is kept out in the mount as well",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "setfacl"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    const acls = {
      // A user is let in by name. The mask, which shows as the group's bits, is wider than the group's own entry.
      Named: "u::rw,u:55555:r,g::-,m::r,o::-",
      // A user is kept out by name while all others are let in.
      Without: `u::rw,u:${USER}:-,g::r,m::r,o::r`,
      Group: "u::rw,u:55555:r,g::r,m::r,o::-",
      Plain: "u::rw,g::r,o::r",
    };
    for (const [name, acl] of Object.entries(acls)) {
      const path = `${it.origin}/${name}.flac`;
      write(path, flacFile({ title: name }, { seconds: 1, seed: name.length }));
      Deno.chownSync(path, 0, name === "Without" ? 0 : USER);
      const { code, stderr } = await run(["setfacl", "--set", acl, path]);
      assert.equal(code, 0, stderr);
    }
    const origin = (name: string) => readAs(USER, `${it.origin}/${name}.flac`);
    const mounted = (name: string) => readAs(USER, `${it.mountpoint}/${name}.flac`);
    const all = (read: (name: string) => Promise<string>) =>
      Promise.all(Object.keys(acls).map(read));
    await it.mountAndScan([...TEMPLATE, "--allow-other"]);
    const expected = ["denied", "denied", "read", "read"];
    assert.deepEqual(await all(origin), expected);
    assert.deepEqual(await all(mounted), expected);

    // A list that is set later changes no byte; the mount follows it.
    await run(["setfacl", "-m", "u:55555:r,g::-", `${it.origin}/Group.flac`]);
    assert.equal(await origin("Group"), "denied");
    await until("the new list", 10_000, async () => await mounted("Group") === "denied");
  },
});

/**
 * The start of a script in a mount namespace of its own. It puts everything that the program needs where any user may
 * read it. The array `musicfs` is the command line that runs the program as the user nobody.
 */
function asNobody({ base, mountpoint }: Installation): string {
  const repository = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
  return `set -e
B=${base}; M=${mountpoint}; REPO=${repository}; ALL="--state-dir $B/home/state --cache-dir $B/home/cache --socket $B/home/socket"
mkdir $B/bin $B/home; touch $B/bin/deno
mount --bind ${Deno.execPath()} $B/bin/deno
mount -t tmpfs tmpfs $B/home
cp -r $REPO/{src,events,projections,main.ts,deno.json,deno.lock} $B/home/
mkdir $B/home/deno; cp -r ${denoDirectory()}/npm $B/home/deno/
chown -R ${NOBODY}:${NOBODY} $B/home $M; chmod 755 $B/home
mknod $B/fuse c 10 229; chmod 666 $B/fuse; mount --bind $B/fuse /dev/fuse
echo user_allow_other > $B/fuse.conf; mount --bind $B/fuse.conf /etc/fuse.conf
as() { u=$1; shift; setpriv --reuid=$u --regid=$u --clear-groups "$@"; }
cd /
musicfs=(setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups env HOME=$B/home DENO_DIR=$B/home/deno
  PATH=/usr/bin:/bin $B/bin/deno run -q -A --cached-only $B/home/main.ts)`;
}

Deno.test({
  name:
    "a user's mount with --allow-other shows the user's own files, the private ones to nobody else",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare", "fusermount3"),
  async fn() {
    await using it = new Installation();
    putFiles(it);
    for (const name of ["Private", "Group", "Open"]) {
      Deno.chownSync(`${it.origin}/${name}.flac`, NOBODY, NOBODY);
    }
    Deno.chmodSync(`${it.origin}/Group.flac`, 0o640);
    Deno.chmodSync(`${it.origin}/Open.flac`, 0o644);
    const script = `${asNobody(it)}
"\${musicfs[@]}" mount $M --origin ${it.origin} --template '$title.$format' --allow-other $ALL >&2 &
daemon=$!
trap 'kill $daemon; wait $daemon; umount -l $M 2>/dev/null' EXIT
until "\${musicfs[@]}" origin rescan --wait $ALL >/dev/null 2>&1; do kill -0 $daemon; sleep 0.1; done
for name in Private Group Open; do
  as ${NOBODY} stat -c '%n %u %g %a' $M/$name.flac | sed "s|$M/||"
  for user in ${NOBODY} ${USER}; do
    as $user head -c 100000 $M/$name.flac >$B/out 2>$B/err && echo read || grep -o 'Permission denied' $B/err
  done
done`;
    const { stdout, stderr } = await run(["unshare", "-m", "bash", "-c", script], { seconds: 90 });
    const user = `${NOBODY} ${NOBODY}`;
    assert.deepEqual(stdout.trim().split("\n"), [
      ...[`Private.flac ${user} 400`, "read", "Permission denied"],
      ...[`Group.flac ${user} 440`, "read", "Permission denied"],
      ...[`Open.flac ${user} 444`, "read", "read"],
    ], stderr);
  },
});

Deno.test({
  name: "a user without fusermount3 is told so, and shown no stack trace",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    const script = `${asNobody(it)}
musicfs=("\${musicfs[@]/#PATH=*/PATH=$B/bin}")
for i in 1 2 3; do "\${musicfs[@]}" mount $M --origin ${it.origin} $ALL && exit 9; done
exit 0`;
    const { code, stderr } = await run(["unshare", "-m", "bash", "-c", script], { seconds: 90 });
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(/^musicfs: .*fusermount3 was not found$/gm)?.length, 3, stderr);
    assert.doesNotMatch(stderr, /Uncaught/);
  },
});

Deno.test({
  name: "a user who may not start fusermount3 is told of the refusal, not that it is missing",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare", "fusermount3"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    const script = `${asNobody(it)}
cp $(command -v fusermount3) $B/bin/; chmod 4750 $B/bin/fusermount3
musicfs=("\${musicfs[@]/#PATH=*/PATH=$B/bin}")
"\${musicfs[@]}" mount $M --origin ${it.origin} $ALL && exit 9
"\${musicfs[@]}" doctor $ALL || true`;
    const { code, stdout, stderr } = await run(["unshare", "-m", "bash", "-c", script], {
      seconds: 90,
    });
    const helper = `${it.base}/bin/fusermount3`;
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`Cannot mount without root: ${helper} cannot be started`));
    assert.match(stderr, new RegExp(`^hint: .*ls -l ${helper}`, "m"));
    assert.match(stdout, new RegExp(`Right to mount.*${helper} cannot be started`));
    assert.doesNotMatch(stdout + stderr, /not found|not there/);
  },
});

Deno.test({
  name: "a user mounts and unmounts from a directory that this user may not enter",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare", "fusermount3"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    write(`${it.origin}/Song.flac`, flacFile({ title: "Song" }, { seconds: 1, seed: 1 }));
    const script = `${asNobody(it)}
trap 'umount -l $M 2>/dev/null || true' EXIT
mkdir -m 0700 $B/closed; cd $B/closed
"\${musicfs[@]}" mount $M --daemon --origin ${it.origin} --template '$title.$format' $ALL >&2
"\${musicfs[@]}" origin rescan --wait $ALL >&2
as ${NOBODY} ls $M
"\${musicfs[@]}" unmount $M $ALL >&2`;
    const { code, stdout, stderr } = await run(["unshare", "-m", "bash", "-c", script], {
      seconds: 90,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), "Song.flac");
  },
});

Deno.test({
  name: "a signal that comes while fusermount3 mounts leaves no mount behind",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare", "fusermount3"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    Deno.mkdirSync(it.origin, { recursive: true });
    // The helper has mounted, and reports it only after a while.
    const helper = `#!/bin/sh
/usr/bin/fusermount3 "$@" || exit
[ "$1" = -u ] && exit
touch ${it.base}/home/mounted
until [ -e ${it.base}/home/signalled ]; do sleep 0.05; done
`;
    write(`${it.base}/slow/fusermount3`, new TextEncoder().encode(helper));
    Deno.chmodSync(`${it.base}/slow/fusermount3`, 0o755);
    const script = `${asNobody(it)}
"\${musicfs[@]/PATH=/PATH=$B/slow:}" mount $M --origin ${it.origin} $ALL >&2 &
daemon=$!
trap 'umount -l $M 2>/dev/null || true' EXIT
until [ -e $B/home/mounted ]; do kill -0 $daemon; sleep 0.05; done
kill $daemon
for i in 1 2 3 4 5 6; do kill -0 $daemon 2>/dev/null && sleep 0.1; done || true
touch $B/home/signalled
wait $daemon && echo ended
grep -F " $M " /proc/self/mounts || echo free`;
    const { stdout, stderr } = await run(["unshare", "-m", "bash", "-c", script], { seconds: 90 });
    assert.equal(stdout, "ended\nfree\n", stderr);
  },
});

Deno.test({
  name: "after one sudo, a user is told who owns the state directory, and how to get it back",
  ignore: !isRoot || !needs("/dev/fuse", "setpriv", "unshare", "fusermount3"),
  async fn() {
    await using it = new Installation();
    Deno.chmodSync(it.base, 0o755);
    write(`${it.origin}/Song.flac`, flacFile({ title: "Song" }, { seconds: 1, seed: 1 }));
    // The cases after the first make root the owner: of the directory itself, then of files in it, then of the cache.
    const script = `${asNobody(it)}
trap 'umount -l $M 2>/dev/null || true' EXIT
musicfs+=(mount $M --origin ${it.origin} $ALL)
run() {
  echo "== $1" >&2
  "\${musicfs[@]}" >&2 &
  daemon=$!
  until grep -qF " $M " /proc/self/mounts || ! kill -0 $daemon 2>/dev/null; do sleep 0.1; done
  kill $daemon 2>/dev/null || true
  wait $daemon || true
}
run own
touch $B/home/state/mount.log
chown root:root $B/home/state; run directory
chown ${NOBODY} $B/home/state; chown -R root:root $B/home/state/*; run files
echo == daemon >&2; "\${musicfs[@]}" --daemon && exit 9
chown -R ${NOBODY} $B/home/state; chown -R root:root $B/home/cache; run cache`;
    const { code, stderr } = await run(["unshare", "-m", "bash", "-c", script], { seconds: 90 });
    assert.equal(code, 0, stderr);
    const [, own, ...others] = stderr.split(/^== \w+\n/m);
    assert.doesNotMatch(own!, /sudo/);
    const home = `${it.base}/home`;
    const hint = (directory: string) =>
      new RegExp(`belongs to root, .*sudo chown -R ${NOBODY} ${home}/${directory}(;.*)?$`, "m");
    const [directory, files, daemon, cache] = others;
    for (const said of [directory!, files!]) {
      assert.match(said, hint("state"), stderr);
      assert.match(said, /showing what is known, without looking for changes/);
    }
    assert.match(daemon!, hint("state"), stderr);
    assert.match(cache!, hint("cache"), stderr);
    assert.match(cache!, /Cannot write to the cache directory/);
    assert.doesNotMatch(stderr, /fault of MusicFS|Uncaught/);
  },
});
