/** So many files of one listing at most are named alone: if somebody asks for each of them, that is 6 ms. */
const NAMED_ALONE_MAX = 128;
/** While whoever lists asks for attributes, so many listings are complete before it is tried again. */
const PAUSE_MAX = 16;

/**
 * Whether those who list directories want to know more of the files than their names. Attributes in a listing cost the
 * kernel an inode for each file, and this process the word that it was forgotten: half of the time of a walk that does not
 * look at them. A look-up for each costs more by far, to those who do. So a listing names a file alone now and then; was
 * that not looked up, nor any other, before the next listing began, that one names all of its files so, and so on until one
 * is asked for. Directories always come with attributes: whoever walks enters them.
 */
export class ListingHabit {
  /** Nobody asked for what the last listings left out. */
  #isNamesOnly = false;
  /** Files that were named alone since the listing began, and whether any file was asked for. */
  #namedAlone = 0;
  #isAsked = false;
  #pause = 0;
  #untilTrial = 0;

  /** A listing begins. */
  begin(): void {
    if (this.#namedAlone > 0) {
      this.#isNamesOnly = !this.#isAsked;
      this.#pause = this.#isAsked ? Math.min(PAUSE_MAX, this.#pause * 2 + 1) : 0;
      this.#untilTrial = this.#pause;
    } else if (this.#untilTrial > 0) {
      this.#untilTrial--;
    }
    this.#namedAlone = 0;
    this.#isAsked = false;
  }

  /** Whether the next file is to be named alone; if so, {@link namedAlone} says that it was. */
  get isNameEnough(): boolean {
    if (this.#isAsked) return false;
    return this.#isNamesOnly
      ? this.#namedAlone < NAMED_ALONE_MAX
      : this.#untilTrial === 0 && this.#namedAlone === 0;
  }

  namedAlone(): void {
    this.#namedAlone++;
  }

  /** A file was looked up by its name. */
  asked(): void {
    this.#isAsked = true;
  }
}
