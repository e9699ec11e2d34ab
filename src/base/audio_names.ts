/** Extensions of files that a scan opens. What is inside a file decides about its format, not the extension. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set([
  ...["flac", "mp3", "m4a", "m4b", "mp4", "aac", "ogg", "oga", "opus", "spx", "wav", "aiff", "aif"],
  ...["aifc", "ape", "wv", "mpc", "mp+", "mpp", "wma", "asf", "dsf", "dff", "mp1", "mp2", "mka"],
  ...["webm", "tta", "tak", "ac3", "eac3", "ec3", "dts", "shn"],
  // Modules of trackers: notes together with the sounds that play them.
  ...["mod", "xm", "it", "s3m", "mptm", "mtm", "stm", "med", "okt", "669", "ult", "far", "ptm"],
]);

/**
 * Extensions of files that usually lie beside music: pictures, texts, playlists, films, archives, and leftovers of
 * programs.
 */
const OTHER_EXTENSIONS: ReadonlySet<string> = new Set([
  ...["jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "bmp", "tif", "tiff", "svg", "heic"],
  ...["heif", "avif", "ico", "psd", "xcf", "raw", "cr2", "nef", "dng"],
  ...["txt", "nfo", "diz", "md", "log", "cue", "toc", "pdf", "epub", "mobi", "djvu", "doc", "docx"],
  ...["odt", "rtf", "htm", "html", "mht", "url", "lnk", "webloc", "desktop", "xls", "xlsx", "csv"],
  ...[
    "m3u",
    "m3u8",
    "pls",
    "nsp",
    "xspf",
    "wpl",
    "asx",
    "zpl",
    "b4s",
    "lrc",
    "srt",
    "sub",
    "idx",
    "ass",
  ],
  ...[
    "ssa",
    "vtt",
    "sfv",
    "md5",
    "sha1",
    "sha256",
    "ffp",
    "st5",
    "par",
    "par2",
    "accurip",
    "torrent",
  ],
  ...["mkv", "avi", "mov", "m4v", "wmv", "flv", "mpg", "mpeg", "mpe", "m2v", "ts", "m2ts", "mts"],
  ...["vob", "ifo", "bup", "ogv", "ogm", "3gp", "divx", "rmvb", "iso", "img", "bin", "nrg", "mdf"],
  ...["mds", "ccd", "zip", "rar", "7z", "tar", "gz", "bz2", "xz", "zst", "tgz", "cab", "dmg"],
  ...["json", "xml", "yaml", "yml", "toml", "ini", "cfg", "conf", "opf", "plist", "db", "sqlite"],
  ...["dat", "tmp", "temp", "part", "partial", "crdownload", "bak", "old", "orig", "swp", "lock"],
  ...[
    "exe",
    "dll",
    "msi",
    "sh",
    "bat",
    "cmd",
    "ps1",
    "py",
    "js",
    "itl",
    "itdb",
    "asd",
    "pek",
    "pk",
  ],
  ...["sfk", "reapeaks", "theme", "ds_store", "nomedia", "gitignore", "stignore", "syncthing"],
]);
/** Extensions of playlists that can be read. When there are more, the projection of playlists has to be made anew. */
const PLAYLIST_EXTENSIONS: ReadonlySet<string> = new Set(["m3u", "m3u8", "pls", "nsp"]);
/** An extension that a person would recognise as one; anything else behind the last dot is part of the name. */
const PLAIN = /^[a-z0-9]{1,8}$/;

/** Whether a file's extension says that it may hold music. */
export function isAudioName(name: string): boolean {
  return AUDIO_EXTENSIONS.has(extensionOf(name));
}

/** Whether a file's extension is that of a playlist that can be read. */
export function isPlaylistName(name: string): boolean {
  return PLAYLIST_EXTENSIONS.has(extensionOf(name));
}

/**
 * The extension of a file of a kind that is in neither of the two lists above. Undefined for listed kinds, for names
 * that begin with a dot, and for names without an extension.
 */
export function unknownExtension(name: string): string | undefined {
  const extension = extensionOf(name);
  const isKnown = AUDIO_EXTENSIONS.has(extension) || OTHER_EXTENSIONS.has(extension);
  return isKnown || name.startsWith(".") || !PLAIN.test(extension) ? undefined : extension;
}

/** The extension in lower case without its dot; empty when the name has none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}
