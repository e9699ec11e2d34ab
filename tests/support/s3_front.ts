import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { once } from "node:events";

/** What the server does instead of the right thing. */
export type S3Fault =
  /** Answers with this error of S3. */
  | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> }
  /** Takes the request and never answers. */
  | "silence"
  /** Closes the connection in the middle of the body. */
  | "short"
  /** Never ends the body. */
  | "endless"
  /** Answers with an empty but complete listing. */
  | "empty";

/** What a request asks for. */
export type S3Wish = "object" | "listing";

/**
 * Stands before an S3 server and hands everything on, except for the faults that it is told to make. So a fault
 * stands in the answer of a real server to a real request.
 */
export class S3Front {
  readonly #target: number;
  readonly #server: Server;
  #port = 0;
  /** Decides for each request whether it goes wrong, and how. */
  fault: (wish: S3Wish, url: string) => S3Fault | undefined = () => undefined;

  /** Edits the XML of a listing. */
  editListing: (xml: string) => string = (xml) => xml;
  /** Edits the headers of an answer for an object. */
  editHeaders: (headers: Record<string, string>) => Record<string, string> = (headers) => headers;
  /** A bucket that is found by the host name alone. The front is the proxy of its clients then. */
  hostedBucket: string | undefined;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((asked, answer) => {
      asked.on("error", () => {});
      answer.on("error", () => {});
      this.#answer(asked, answer).catch(() => answer.destroy());
    });
  }

  /** @param target the port of the server */
  static async open(target: number): Promise<S3Front> {
    const front = new S3Front(target);
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    front.#port = (front.#server.address() as { port: number }).port;
    return front;
  }

  get port(): number {
    return this.#port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.fault(wishOf(asked), asked.url ?? "");
    if (fault === "silence") return;
    if (typeof fault === "object") {
      const body = `<?xml version="1.0"?><Error><Code>${fault.code}</Code></Error>`;
      answer.writeHead(fault.status, { "content-type": "application/xml", ...fault.headers });
      answer.end(body);
      return;
    }
    const url = this.#pathOf(asked);
    if (url === undefined) {
      const body = `<?xml version="1.0"?><Error><Code>SecondLevelDomainForbidden</Code></Error>`;
      answer.writeHead(403, { "content-type": "application/xml" });
      answer.end(body);
      return;
    }
    const { status, headers: sent, body: said } = await this.#fromServer(asked, url);
    const isListing = wishOf(asked) === "listing";
    const headers = isListing ? sent : this.editHeaders(sent as Record<string, string>);
    const body = isListing ? Buffer.from(this.editListing(said.toString())) : said;
    if (isListing) delete headers["content-length"];
    if (fault === "empty") {
      const nothing = body.toString().replaceAll(/<Contents>.*?<\/Contents>/gs, "")
        .replace(/<KeyCount>.*<\/KeyCount>/, "<KeyCount>0</KeyCount>");
      delete headers["content-length"];
      answer.writeHead(status, headers);
      answer.end(nothing);
    } else if (fault === "short") {
      answer.writeHead(status, { ...headers, "content-length": body.length });
      answer.write(body.subarray(0, Math.floor(body.length / 2)), () => answer.destroy());
    } else if (fault === "endless") {
      delete headers["content-length"];
      answer.writeHead(status, headers);
      for (answer.write(body); !answer.destroyed;) {
        if (!answer.write(new Uint8Array(64 * 1024))) {
          await Promise.race([once(answer, "drain"), once(answer, "close")]);
        }
      }
    } else {
      answer.writeHead(status, headers);
      answer.end(body);
    }
  }

  /** The path on the server; undefined when the bucket is not named in the required way. */
  #pathOf({ url = "" }: IncomingMessage): string | undefined {
    if (this.hostedBucket === undefined) return url;
    const { hostname, pathname, search } = new URL(url);
    if (!hostname.startsWith(`${this.hostedBucket}.`)) return undefined;
    return `/${this.hostedBucket}${pathname}${search}`;
  }

  async #fromServer(asked: IncomingMessage, path: string) {
    const forward = request({
      host: "127.0.0.1",
      port: this.#target,
      method: asked.method,
      path,
      headers: this.hostedBucket === undefined
        ? asked.headers
        : { ...asked.headers, host: "127.0.0.1" },
    });
    forward.end();
    const [answer] = await once(forward, "response") as [IncomingMessage];
    const parts: Uint8Array[] = [];
    for await (const part of answer) parts.push(part);
    const headers = { ...answer.headers };
    delete headers["transfer-encoding"];
    return { status: answer.statusCode!, headers, body: Buffer.concat(parts) };
  }
}

function wishOf({ url = "" }: IncomingMessage): S3Wish {
  return url.includes("list-type=") ? "listing" : "object";
}
