/**
 * Whose files are shown to be, and who may read them, whatever their origin says: numbers of accounts, and permission
 * bits, of which those for writing have no effect. What is absent the origin decides.
 */
export interface ShownOwnership {
  readonly uid?: number;
  readonly gid?: number;
  readonly fileMode?: number;
  readonly directoryMode?: number;
}
