import { resolve } from "node:path";
import { pathInMount } from "./path_in_mount.ts";

/**
 * A query as the daemon takes it: a path into the mount is one below the mount point, `/` for all of it. Only what
 * begins like a path is looked at as one, since words could be the name of anything.
 */
export async function cacheQuery(entered: string): Promise<string> {
  const isPath = /^(\/|\.{1,2}(\/|$))/.test(entered);
  const below = isPath ? await pathInMount(resolve(entered)) : undefined;
  const query = (below ?? entered).normalize("NFC").replace(/^\/+|\/+$/g, "");
  return query === "" && isPath ? "/" : query;
}
