import { type JsonSchema, type Shape, shape as shapes } from "../../base/mod.ts";
import type { Failure, Method } from "./method.ts";
import { RPC_ERROR } from "./rpc_error.ts";

/** The newest version of the specification that common tools read. */
const OPENRPC_VERSION = "1.3.2";

interface ContentDescriptor {
  name: string;
  description?: string;
  required: boolean;
  schema: JsonSchema;
}

interface ErrorDescription {
  code: number;
  message: string;
  data?: unknown;
}

interface MethodDescription {
  name: string;
  summary: string;
  paramStructure: "by-name";
  params: ContentDescriptor[];
  result: ContentDescriptor;
  errors: ErrorDescription[];
  /** The process that serves the method. The mount hands the engine's methods on. */
  "x-served-by": "mount" | "engine";
}

/** A document of the OpenRPC specification. */
export interface OpenRpcDocument {
  openrpc: string;
  info: { title: string; version: string; description: string };
  methods: MethodDescription[];
}

/** Describes methods, sorted by name. */
export function openRpcDocument(
  info: OpenRpcDocument["info"],
  methods: readonly Method[],
): OpenRpcDocument {
  return {
    openrpc: OPENRPC_VERSION,
    info,
    methods: methods.map(methodDescription).sort((a, b) => a.name < b.name ? -1 : 1),
  };
}

function methodDescription(method: Method): MethodDescription {
  const params = Object.entries(method.params).map(([name, shape]) => descriptor(name, shape));
  return {
    name: method.name,
    summary: method.summary,
    paramStructure: "by-name",
    // The specification demands that required parameters come first.
    params: [...params.filter((it) => it.required), ...params.filter((it) => !it.required)],
    result: descriptor("result", method.result),
    errors: [
      { code: RPC_ERROR.invalidParams, message: "Invalid params" },
      ...(method.failures ?? []).map(errorDescription),
    ],
    "x-served-by": method.served === "mount" ? "mount" : "engine",
  };
}

function descriptor(name: string, shape: Shape<unknown>): ContentDescriptor {
  const { description, ...schema } = shape.schema;
  return {
    name,
    ...typeof description === "string" && { description },
    required: !shapes.isOptional(shape),
    schema,
  };
}

function errorDescription({ message, exitCode }: Failure): ErrorDescription {
  return { code: RPC_ERROR.user, message, data: { hint: null, exit_code: exitCode } };
}
