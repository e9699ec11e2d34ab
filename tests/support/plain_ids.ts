import type {
  ContentVersion,
  Cookie,
  FileId,
  NodeId,
  NodeVersion,
  Seq,
  TrackId,
} from "../../src/base/mod.ts";

type Id = FileId | TrackId | NodeId | Seq | Cookie | ContentVersion | NodeVersion;

/** What `T` is where ids are written down as plain numbers: those of a value, and those that methods take. */
export type Plain<T> = T extends Id ? number
  : T extends (...parameters: infer Parameters) => infer Result
    ? (...parameters: PlainFields<Parameters>) => Result
  : T extends ReadonlyMap<infer Key, infer Value> ? ReadonlyMap<Plain<Key>, Plain<Value>>
  : T extends object ? PlainFields<T>
  : T;

type PlainFields<T> = { [Key in keyof T]: Plain<T[Key]> };

/** The same object, which takes plain numbers where it wants ids: tests write them down. */
export function takingPlainIds<T>(it: T): Plain<T> {
  return it as Plain<T>;
}

/** The same value, of which a test wrote down the ids as plain numbers. */
export function withIds<T>(it: Plain<T>): T {
  return it as T;
}
