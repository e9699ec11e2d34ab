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
        const opened = Deno.dlopen("libc.so.6", { [name]: signature }).symbols[name];
        const isLater = "nonblocking" in signature && signature.nonblocking === true;
        const value = isLater ? keepingBuffers(opened as unknown as LaterCall) : opened;
        Object.defineProperty(this, name, { value });
        return value;
      },
    });
  }
  return Object.create(unopened);
}

type LaterCall = (...parameters: unknown[]) => Promise<unknown>;

/** The parameters of the calls that other threads are making. */
const inUse = new Set<unknown[]>();

/**
 * Keeps the buffers among the parameters until the call is over. Deno passes their addresses on and forgets them, so a
 * buffer that nobody else holds would be freed while the kernel still reads or writes it.
 */
function keepingBuffers(call: LaterCall): LaterCall {
  return async (...parameters) => {
    inUse.add(parameters);
    try {
      return await call(...parameters);
    } finally {
      inUse.delete(parameters);
    }
  };
}
