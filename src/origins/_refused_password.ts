/** What is known of a password beyond the life of the process that sends it. */
export interface KnownRefusal {
  /** The password that is found first was refused already. */
  readonly isRefused: boolean;
  /** Told when that changes. */
  readonly onChanged: (isRefused: boolean) => void;
}

/**
 * The password that a server refused: it is not sent again and again, or the account is locked. Kept in memory, and only
 * whether it was refused is told to others.
 */
export class RefusedPassword {
  readonly #known: KnownRefusal;
  #isRefused: boolean;
  /** Undefined while it is not known which password that is. */
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

  /** It was taken, or somebody asks for it to be tried again. */
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
