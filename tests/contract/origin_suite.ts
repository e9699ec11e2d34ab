import { LISTINGS } from "./_origin_listings.ts";
import { READS } from "./_origin_reads.ts";
import { ABSENCE } from "./_origin_absence.ts";
import type { OriginPlace, SuiteOptions } from "./_origin_place.ts";

export {
  list,
  type OriginPlace,
  type OriginUnderTest,
  type SuiteOptions,
} from "./_origin_place.ts";

const TESTS = { ...LISTINGS, ...READS, ...ABSENCE };

/** What every origin must do, whatever it is made of. */
export function testOrigin(
  name: string,
  start: () => Promise<OriginPlace> | OriginPlace,
  options: SuiteOptions = {},
): void {
  Deno.test({
    name,
    ignore: options.ignore ?? false,
    async fn(t) {
      const place = await start();
      try {
        for (const [what, run] of Object.entries(TESTS)) {
          await t.step(what, async () => {
            const it = await place.open();
            try {
              await run(it, options);
            } finally {
              await it.origin.close();
              await it.close();
            }
          });
        }
      } finally {
        await place.stop();
      }
    },
  });
}
