import assert from "node:assert/strict";
import type { MusicEvent } from "../../../events/log/event_log.ts";
import { TransferEvents } from "./transfer_events.ts";

Deno.test("TransferEvents notes each byte once: at once when there are many, else once a minute", async () => {
  let read = 0;
  const noted: number[] = [];
  const append = (events: MusicEvent[]) => {
    for (const event of events) {
      if (event.type === "OriginTransferred") noted.push(event.data.bytes);
    }
    return Promise.resolve();
  };
  const transfers = new TransferEvents(
    [{
      id: "nas",
      get bytes() {
        return read;
      },
    }],
    append,
    0,
  );
  read = 1_000;
  await transfers.note(1_000);
  assert.deepEqual(noted, []);
  await transfers.note(60_000);
  read += 64 * 1024 * 1024;
  await transfers.note(61_000);
  await transfers.note(62_000);
  read += 5;
  await transfers.note(63_000, true);
  assert.deepEqual(noted, [1_000, 64 * 1024 * 1024, 5]);
});
