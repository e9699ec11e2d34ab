/**
 * Owner, group and permission bits that the mount shows in place of the origins' own. Account numbers are those of
 * the system. Bits for writing have no effect. What is absent comes from the origin.
 */
export interface ShownOwnership {
  readonly uid?: number;
  readonly gid?: number;
  readonly fileMode?: number;
  readonly directoryMode?: number;
}
