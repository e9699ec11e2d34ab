/** A parser that hangs on files called `stuck` and dies of those called `crash`, for the pool's tests. */
import { ACTIVITY, type ParserRequest, STATE } from "../../src/tags/parser_protocol.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ParserRequest>) => void;
  postMessage(answer: unknown): void;
};

let state: Int32Array = new Int32Array(2);

scope.onmessage = ({ data }) => {
  if (data.kind === "start") {
    state = data.state;
    return;
  }
  const paths = data.kind === "read" ? data.paths : [data.file.name];
  const readings = paths.map((path, index) => {
    Atomics.store(state, STATE.file, index);
    Atomics.store(state, STATE.activity, ACTIVITY.parsing);
    if (path.includes("crash")) throw new Error("Out of cheese");
    while (path.includes("stuck"));
    return { size: 1, mtime_s: 0, mtime_ns: 0, format: "flac", tags: { title: path } };
  });
  Atomics.store(state, STATE.activity, ACTIVITY.idle);
  scope.postMessage({ readings });
};
