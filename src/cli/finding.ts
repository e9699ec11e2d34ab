/** One thing that `musicfs doctor` looked at. */
export interface Finding {
  /** The name of the check for scripts; it never changes. */
  readonly check: string;
  readonly title: string;
  /** `fail` means that no mount can work, `warn` that something is slower or missing. */
  readonly state: "ok" | "warn" | "fail";
  readonly detail: string;
  readonly advice: string | null;
}

export function ok(check: string, title: string, detail: string): Finding {
  return { check, title, state: "ok", detail, advice: null };
}

export function warn(check: string, title: string, detail: string, advice: string): Finding {
  return { check, title, state: "warn", detail, advice };
}

export function fail(check: string, title: string, detail: string, advice: string): Finding {
  return { check, title, state: "fail", detail, advice };
}
