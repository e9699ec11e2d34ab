import { VERSION } from "../base/mod.ts";

/** Raised whenever mount and engine of before and after a change would misunderstand one another. */
const ENGINE_PROTOCOL = 1;

/** What mount and engine tell each other about themselves. They are one program, unless an upgrade came between them. */
export interface Program {
  readonly version: string;
  /** Of the link between the two. */
  readonly protocol: number;
  /** Layout of the tables that one writes and the other reads. */
  readonly schema: number;
}

/** Name of the variable in which the mount tells its engine what program it is. */
export const MOUNT_PROGRAM_VARIABLE = "MUSICFS_MOUNT_PROGRAM";

/** This program; `schema` is that of its projections. */
export function thisProgram(schema: number): Program {
  return { version: VERSION, protocol: ENGINE_PROTOCOL, schema };
}

/** Whether the two can work together; another version alone keeps nobody from it. */
export function canWorkTogether(one: Program, other: Program): boolean {
  return one.protocol === other.protocol && one.schema === other.schema;
}

/** What another process says of itself; undefined when it is no program that says so. */
export function parseProgram(text: string | undefined): Program | undefined {
  if (text === undefined) return undefined;
  try {
    const { version, protocol, schema } = JSON.parse(text);
    return typeof version === "string" && Number.isSafeInteger(protocol) &&
        Number.isSafeInteger(schema)
      ? { version, protocol, schema }
      : undefined;
  } catch {
    return undefined;
  }
}

/** "0.2.0 (layout 4, protocol 2)". */
export function programText({ version, protocol, schema }: Program): string {
  return `${version} (layout ${schema}, protocol ${protocol})`;
}
