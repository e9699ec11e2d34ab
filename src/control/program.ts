import { shape, VERSION } from "../base/mod.ts";

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

const PROGRAM = shape.object({
  version: shape.text,
  protocol: shape.integer,
  schema: shape.integer,
});

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
    const said: unknown = JSON.parse(text);
    if (!shape.fits(PROGRAM, said)) return undefined;
    const { version, protocol, schema } = said;
    return { version, protocol, schema };
  } catch {
    return undefined;
  }
}

/** "0.2.0 (layout 4, protocol 2)". */
export function programText({ version, protocol, schema }: Program): string {
  return `${version} (layout ${schema}, protocol ${protocol})`;
}
