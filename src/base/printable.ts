/**
 * A name from a disk in a form that is safe on a terminal: control characters, which could steer the terminal, and
 * bytes that are not UTF-8 (see path_bytes) become escapes such as `\x1b`.
 */
export function printable(name: string): string {
  return name.replace(
    /[\p{Cc}\uef80-\uefff\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => {
      const code = char.charCodeAt(0);
      if (code >= 0xef80 && code <= 0xefff) return `\\x${(code - 0xef00).toString(16)}`;
      if (code > 0xff) return `\\u${code.toString(16).padStart(4, "0")}`;
      return code === 10 ? "\\n" : code === 9 ? "\\t" : `\\x${code.toString(16).padStart(2, "0")}`;
    },
  );
}
