/** The parts of the SDK's requests that are used. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** Percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream<Uint8Array>;
}

/** How many idle connections are kept for the next request, ... */
const IDLE_CONNECTIONS = 32;
/** ... and for how long, in ms: routers forget idle connections. */
const IDLE_MS = 30_000;

/**
 * The most of an answer that is read for the SDK to parse. A page of 1,000 keys of 1,024 bytes, each byte
 * percent-encoded, takes half of it.
 */
const XML_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Sends the SDK's requests with `fetch`. The `node:http` of an older Deno (2.4) opens a connection for every request,
 * and crashes when an answer is left early. Redirects are not followed: a request is signed for this host.
 */
export class S3Http {
  /** What the SDK wants to know of its request handler. */
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #caCerts: string[];
  #client: Deno.HttpClient;
  #isClosed = false;

  /** @param caCerts certificates in PEM, besides those that every program knows */
  constructor(caCerts: string[] = []) {
    this.#caCerts = caCerts;
    this.#client = openPool(caCerts);
  }

  async handle(
    request: SdkRequest,
    { abortSignal }: { readonly abortSignal?: unknown } = {},
  ): Promise<{ response: SdkResponse }> {
    const { host: _, ...headers } = request.headers;
    const response = await fetch(urlOf(request), {
      method: request.method,
      headers,
      redirect: "manual",
      client: this.#client,
      ...(abortSignal instanceof AbortSignal ? { signal: abortSignal } : {}),
    });
    const { status: statusCode, body: sent } = response;
    const body = sent ?? new Blob().stream();
    return {
      response: {
        statusCode,
        headers: Object.fromEntries(response.headers),
        body: isObject(request, statusCode) ? body : body.pipeThrough(upTo(XML_BYTES_MAX)),
      },
    };
  }

  /** Later requests use new connections; those under way end on theirs. */
  renew(): void {
    if (this.#isClosed) return;
    this.#client.close();
    this.#client = openPool(this.#caCerts);
  }

  /** Closes all connections. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.close();
  }

  /** Part of the SDK's interface. None of its settings matter here. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function openPool(caCerts: string[]): Deno.HttpClient {
  return Deno.createHttpClient({
    poolMaxIdlePerHost: IDLE_CONNECTIONS,
    poolIdleTimeout: IDLE_MS,
    caCerts,
  });
}

/** Whether the body is that of an object, which is streamed. */
function isObject({ query }: SdkRequest, status: number): boolean {
  return (status === 200 || status === 206) && query?.["list-type"] === undefined;
}

function upTo(bytesMax: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytesMax;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left >= 0) controller.enqueue(chunk);
      else controller.error(new RangeError("the answer is too long"));
    },
  });
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const search = Object.entries(query).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) =>
      value === null ? encode(name) : `${encode(name)}=${encode(value)}`
    )
  );
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${search.length > 0 ? `?${search.join("&")}` : ""}`;
}

/** Percent-encodes as signatures demand, which leave fewer characters alone (RFC 3986). */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
