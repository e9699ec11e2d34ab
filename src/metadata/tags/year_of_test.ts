import assert from "node:assert/strict";
import { yearOf } from "./year_of.ts";

Deno.test("a date gives its year however it is written", () => {
  const dates: Record<string, number | undefined> = {
    "2004": 2004,
    "2004-05": 2004,
    "2004-05-06T12:30:00": 2004,
    "20040506": 2004,
    "06052004": 2004,
    "03/10/1995": 1995,
    "12.05.1987": 1987,
    "10-1995": 1995,
    "Oct 3, 1995": 1995,
    "3 October 1995": 1995,
    "1995/10/03": 1995,
    "(p) 1995": 1995,
    "1995-1997": 1995,
    "1995年10月": 1995,
    "99": undefined,
    "'99": undefined,
    "3/10/95": undefined,
    "0000": undefined,
    "0000-00-00": undefined,
    "19950": undefined,
    "": undefined,
    "unknown": undefined,
  };
  for (const [date, year] of Object.entries(dates)) assert.equal(yearOf(date), year, date);
});
