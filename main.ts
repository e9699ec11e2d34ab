/**
 * One program, seven lives: the command line, which is also the process that answers a mount, that process alone (`__mount`),
 * what reads the configuration again for it (`__settings`), the engine that writes (`__engine`), what parses files for that
 * (`__parser`), what makes pictures smaller for it (`__resizer`) and what looks into network shares for it (`__nfs`). Each loads only what it needs; the mount stays small
 * because of it, and starts soon: of what stands in an `import("...")` Deno reads everything when the program starts, so the
 * other lives are named by `import.meta.resolve`.
 *
 * @module
 */
import { EXIT, type ExitCode, reportFailure } from "./src/base/mod.ts";

async function main(args: readonly string[]): Promise<ExitCode> {
  switch (args[0]) {
    case "__mount": {
      const { mountMain } = await import("./src/mount/mod.ts");
      return await mountMain() ?? EXIT.done;
    }
    case "__engine": {
      const { engineMain } = await import(
        import.meta.resolve("./src/engine/mod.ts")
      ) as typeof import("./src/engine/mod.ts");
      return await engineMain() ?? EXIT.done;
    }
    case "__parser": {
      const { parserMain } = await import(
        import.meta.resolve("./src/metadata/parser/parser_main.ts")
      ) as typeof import("./src/metadata/parser/parser_main.ts");
      return await parserMain();
    }
    case "__resizer": {
      const { resizerMain } = await import(
        import.meta.resolve("./src/metadata/pictures/resizer_main.ts")
      ) as typeof import("./src/metadata/pictures/resizer_main.ts");
      return await resizerMain();
    }
    case "__settings": {
      const { reloadSettings } = await import("./src/cli/mod.ts");
      return await reloadSettings();
    }
    case "__nfs": {
      const { nfsMain } = await import(
        import.meta.resolve("./src/origins/nfs/nfs_main.ts")
      ) as typeof import("./src/origins/nfs/nfs_main.ts");
      return await nfsMain();
    }
    default: {
      const { runCommandLine } = await import("./src/cli/mod.ts");
      return await runCommandLine(args);
    }
  }
}

if (import.meta.main) {
  let code: ExitCode;
  try {
    code = await main(Deno.args);
  } catch (error) {
    code = reportFailure(error);
  }
  Deno.exit(code);
}
