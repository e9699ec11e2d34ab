/** The most files of one listing that are named alone: if each of them is looked up afterwards, that takes 6 ms. */
const NAMED_ALONE_MAX = 128;
/** The most complete listings between two trials, while trials show that attributes are wanted. */
const PAUSE_MAX = 16;

/**
 * Finds out whether the programs that list directories want more of the files than their names. Attributes in a listing
 * cost the kernel an inode for each file, and this process the message that it was forgotten: half of the time of a
 * walk that does not look at them. For a program that does look at them, a look-up for each file costs far more.
 *
 * So now and then a listing names one file alone, as a trial. When no file is looked up before the next listing begins,
 * that listing names its files alone, and so on until a file is looked up. Directories always come with attributes,
 * since a walk enters them.
 */
export class ListingHabit {
  /** Whether no file was looked up since the last listing that left attributes out. */
  #isNamesOnly = false;
  /** How many files were named alone since the listing began, and whether any file was looked up. */
  #namedAlone = 0;
  #isAsked = false;
  #pause = 0;
  #untilTrial = 0;

  /** To be called when a listing begins. */
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

  /** Whether the next file is to be named alone. If so, {@link namedAlone} must be called. */
  get isNameEnough(): boolean {
    if (this.#isAsked) return false;
    return this.#isNamesOnly
      ? this.#namedAlone < NAMED_ALONE_MAX
      : this.#untilTrial === 0 && this.#namedAlone === 0;
  }

  namedAlone(): void {
    this.#namedAlone++;
  }

  /** To be called when a file is looked up by its name. */
  asked(): void {
    this.#isAsked = true;
  }
}
