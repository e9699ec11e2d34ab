/**
 * The thread that creates the indexes of a file.
 *
 * @module
 */
import { messageOf } from "../../src/base/mod.ts";
import type { IndexAnswer, IndexTask } from "./_indexing.ts";
import { openFilling } from "./database.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<IndexTask>) => void;
  postMessage(answer: IndexAnswer): void;
};

scope.onmessage = ({ data: { path, statements } }) => {
  try {
    const db = openFilling(path);
    try {
      for (const statement of statements) db.exec(statement);
    } finally {
      db.close();
    }
    scope.postMessage(null);
  } catch (error) {
    scope.postMessage(messageOf(error));
  }
};
