/**
 * Functions of the C library, each opened when it is asked for the first time: to make one callable takes up to 0.4 ms,
 * and a process uses few of all that there are. From then on it is a plain property.
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
