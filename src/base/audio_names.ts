/** Extensions of files that are looked into; what is inside decides about the format. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set([
  ...["flac", "mp3", "m4a", "m4b", "mp4", "aac", "ogg", "oga", "opus", "spx", "wav", "aiff", "aif"],
  ...["aifc", "ape", "wv", "mpc", "mp+", "wma", "asf", "dsf", "dff", "mp2", "mka"],
]);

/** Whether a file's name says that it may hold music. */
export function isAudioName(name: string): boolean {
  return AUDIO_EXTENSIONS.has(extensionOf(name));
}

/** The extension in lower case without its dot, empty when there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}
