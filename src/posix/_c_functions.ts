/**
 * Functions of the C library, each of which is opened when it is first used: opening one takes up to 0.4 ms, and a
 * process uses few of them. After its first use it is a plain property.
 */
export function cFunctions<const Functions extends Deno.ForeignLibraryInterface>(
  functions: Functions,
): Deno.DynamicLibrary<Functions>["symbols"] {
  const unopened = {};
  for (const [name, signature] of Object.entries(functions)) {
    Object.defineProperty(unopened, name, {
      get() {
        const value = Deno.dlopen("libc.so.6", { [name]: signature }).symbols[name];
        Object.defineProperty(this, name, { value });
        return value;
      },
    });
  }
  return Object.create(unopened);
}
