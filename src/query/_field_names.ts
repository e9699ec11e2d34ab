/** What the name of a field begins with, and what it goes on with, besides what is escaped. */
export const FIELD_START = /\p{L}/u;
export const FIELD_CHARACTER = /[\p{L}\p{M}\p{N}_.-]/u;
