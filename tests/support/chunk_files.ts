/** Paths of the chunk files in the directory of a store, sorted: neither the log of the cache nor its rows. */
export function chunkFilesIn(chunks: string): string[] {
  const found: string[] = [];
  for (const directory of namesIn(chunks)) {
    if (!/^[0-9a-f]{2}$/.test(directory)) continue;
    for (const name of namesIn(`${chunks}/${directory}`)) {
      if (/^[0-9a-f]{64}$/.test(name)) found.push(`${chunks}/${directory}/${name}`);
    }
  }
  return found.sort();
}

/** The names in a directory; none when it does not exist (any more). */
function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
