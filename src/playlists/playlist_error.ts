/** A playlist file that can't be used; the message says why, and follows the name of the file and a colon. */
export class PlaylistError extends Error {
  override readonly name = "PlaylistError";
}
