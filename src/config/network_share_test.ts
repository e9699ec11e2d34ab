import assert from "node:assert/strict";
import { networkShareOf } from "./network_share.ts";

const MOUNTINFO = `22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas rw,relatime shared:9 - nfs4 nas:/music rw
31 22 0:41 / /mnt/my\\040share rw - cifs //nas/x rw
32 30 8:2 / /mnt/nas/local rw - ext4 /dev/sdb rw
33 22 0:42 / /mnt/ssh rw - fuse.sshfs nas:/ rw
34 22 0:43 / /mnt/pool rw - fuse.mergerfs a:b rw
35 22 0:44 / /mnt/over rw - nfs nas:/ rw
36 35 8:3 / /mnt/over rw - ext4 /dev/sdc rw
37 22 0:45 / /mnt/auto rw - autofs systemd-1 rw
`;
const FSTAB = `# nas:/x /mnt/comment nfs defaults 0 0
nas:/auto /mnt/auto/ nfs4 x-systemd.automount 0 0
UUID=1 /mnt/disk ext4 defaults 0 2
`;

Deno.test("networkShareOf tells paths that lead through a share from those of disks", () => {
  const tables = { mountinfo: MOUNTINFO, fstab: FSTAB };
  const expected: Record<string, string | undefined> = {
    "/home/ada/Music": undefined,
    "/mnt/nas": "nfs4",
    "/mnt/nas/a/b": "nfs4",
    "/mnt/nasty": undefined,
    "/mnt/nas/local/music": "nfs4",
    "/mnt/my share/music": "cifs",
    "/mnt/ssh/music": "fuse.sshfs",
    "/mnt/pool": undefined,
    "/mnt/over/music": undefined,
    "/mnt/auto/music": "nfs4",
    "/mnt/disk": undefined,
    "/mnt/comment": undefined,
  };
  for (const [path, type] of Object.entries(expected)) {
    assert.equal(networkShareOf(path, tables), type, path);
  }
});

Deno.test("networkShareOf follows links on the way to a share", () => {
  const directory = Deno.realPathSync(Deno.makeTempDirSync());
  const mountinfo = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:1 / ${directory}/share rw - cifs //nas/x rw
`;
  const tables = { mountinfo, fstab: "" };
  Deno.symlinkSync("share/music", `${directory}/Music`);
  Deno.symlinkSync(`${directory}/Music`, `${directory}/again`);
  Deno.symlinkSync("loop", `${directory}/loop`);
  Deno.mkdirSync(`${directory}/plain`);
  assert.equal(networkShareOf(`${directory}/Music/a`, tables), "cifs");
  assert.equal(networkShareOf(`${directory}/again`, tables), "cifs");
  assert.equal(networkShareOf(`${directory}/loop`, tables), undefined);
  assert.equal(networkShareOf(`${directory}/plain/a`, tables), undefined);
  Deno.removeSync(directory, { recursive: true });
});
