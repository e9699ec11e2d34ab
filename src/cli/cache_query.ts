import { resolve } from "node:path";
import { pathInMount } from "./path_in_mount.ts";

/**
 * A query in the form that the daemon takes: a path into the mount becomes a path below the mount point, `/` for all
 * of it. Only a text that begins like a path is taken for one, since words could name anything.
 */
export async function cacheQuery(entered: string): Promise<string> {
  const isPath = /^(\/|\.{1,2}(\/|$))/.test(entered);
  const below = isPath ? await pathInMount(resolve(entered)) : undefined;
  const query = (below ?? entered).normalize("NFC").replace(/^\/+|\/+$/g, "");
  return query === "" && isPath ? "/" : query;
}
