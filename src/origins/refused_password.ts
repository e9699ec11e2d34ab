/** What is known of a password from before this process. */
export interface KnownRefusal {
  /** Whether the password that is found first was refused already. */
  readonly isRefused: boolean;
  /** Called when that changes. */
  readonly onChanged: (isRefused: boolean) => void;
}

/**
 * Remembers the password that a server refused. It is not sent again, since repeated failures lock accounts. The
 * password stays in memory; only whether it was refused is told to others.
 */
export class RefusedPassword {
  readonly #known: KnownRefusal;
  #isRefused: boolean;
  /** Undefined while it is not known which password was refused. */
  #text: string | undefined;

  constructor(known: KnownRefusal = { isRefused: false, onChanged: () => {} }) {
    this.#known = known;
    this.#isRefused = known.isRefused;
  }

  is(text: string): boolean {
    if (!this.#isRefused) return false;
    this.#text ??= text;
    return this.#text === text;
  }

  note(text: string): void {
    this.#text = text;
    this.#set(true);
  }

  /** To be called when the password was accepted, or when a person asks to try it again. */
  forget(): void {
    this.#text = undefined;
    this.#set(false);
  }

  #set(isRefused: boolean): void {
    if (this.#isRefused === isRefused) return;
    this.#isRefused = isRefused;
    this.#known.onChanged(isRefused);
  }
}
