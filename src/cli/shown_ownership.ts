import { EXIT, type ShownOwnership, UserError } from "../base/mod.ts";
import type { MountOwnership } from "../config/mod.ts";

/** Looks up the accounts that the settings name. Throws UserError when an account does not exist. */
export async function shownOwnership(settings: MountOwnership): Promise<ShownOwnership> {
  const { owner, group, fileMode, dirMode } = settings;
  return {
    ...(owner !== null && { uid: await numberOf("passwd", owner, "user") }),
    ...(group !== null && { gid: await numberOf("group", group, "group") }),
    ...(fileMode !== null && { fileMode }),
    ...(dirMode !== null && { directoryMode: dirMode }),
  };
}

/** The number of an account. getent(1) asks every source of accounts that the system uses, not only /etc/passwd. */
async function numberOf(database: string, name: string, what: string): Promise<number> {
  const given = Number(name);
  if (Number.isInteger(given) && given < 2 ** 32 - 1) return given;
  const { success, stdout } = await new Deno.Command("getent", {
    args: [database, name],
    cwd: "/",
    stdin: "null",
    stderr: "null",
  }).output();
  const number = Number(new TextDecoder().decode(stdout).split(":")[2]);
  if (success && Number.isInteger(number)) return number;
  throw new UserError(`Cannot show files as those of '${name}': there is no such ${what}`, {
    exitCode: EXIT.usage,
    hint: "give a name or a number of this machine",
  });
}
