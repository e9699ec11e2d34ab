import { EXIT, UserError } from "../base/mod.ts";

/** A method was asked about an origin that the settings do not name. */
export function unknownOrigin(id: string): UserError {
  return new UserError(`Cannot find an origin '${id}'`, {
    exitCode: EXIT.notFound,
    hint: "musicfs origin list names them",
  });
}
