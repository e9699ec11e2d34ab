/** The year of a date in any style: `1995-10-03`, `03/10/1995`, `Oct 3, 1995`. None in `99`. */
export function yearOf(date: string): number | undefined {
  const digits = /^\s*(\d{4})(\d{4})(?:\D|$)/.exec(date);
  if (digits !== null) {
    // Eight digits in a row begin with the year, unless the last four are no month and day.
    const [, front, back] = digits as unknown as [string, string, string];
    return validYear(isMonthAndDay(back) || !isDayAndMonth(front) ? front : back);
  }
  for (const [found] of date.matchAll(/(?<!\d)\d{4}(?!\d)/g)) {
    const year = validYear(found);
    if (year !== undefined) return year;
  }
  return undefined;
}

function validYear(digits: string): number | undefined {
  const year = Number(digits);
  return year >= 1_000 ? year : undefined;
}

function isMonthAndDay(digits: string): boolean {
  return Number(digits.slice(0, 2)) <= 12 && Number(digits.slice(2)) <= 31;
}

function isDayAndMonth(digits: string): boolean {
  const [a, b] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  return a >= 1 && b >= 1 && Math.min(a, b) <= 12 && Math.max(a, b) <= 31;
}
