/** The first character of a field's name, and the characters after it. Other characters must be escaped. */
export const FIELD_START = /\p{L}/u;
export const FIELD_CHARACTER = /[\p{L}\p{M}\p{N}_.-]/u;
