import { shape, VERSION } from "../base/mod.ts";

/**
 * The version of the link between mount and engine. It is raised with every change after which older and newer
 * programs would misunderstand each other.
 */
const ENGINE_PROTOCOL = 1;

/** What mount and engine tell each other about themselves. Both are one program, unless an upgrade came between them. */
export interface Program {
  readonly version: string;
  /** The version of the link between the two. */
  readonly protocol: number;
  /** The version of the tables that one writes and the other reads. */
  readonly schema: number;
}

const PROGRAM = shape.object({
  version: shape.text,
  protocol: shape.integer,
  schema: shape.integer,
});

/** Environment variable in which the mount tells its engine what program it is. */
export const MOUNT_PROGRAM_VARIABLE = "MUSICFS_MOUNT_PROGRAM";

/** This program. `schema` is the version of its projections' tables. */
export function thisProgram(schema: number): Program {
  return { version: VERSION, protocol: ENGINE_PROTOCOL, schema };
}

/** Whether two programs can work together. A different version number alone does not matter. */
export function canWorkTogether(one: Program, other: Program): boolean {
  return one.protocol === other.protocol && one.schema === other.schema;
}

/** What another process says of its program; undefined when the text does not say it. */
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
