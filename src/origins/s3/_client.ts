import type { S3Client } from "@aws-sdk/client-s3";
import type { S3Address } from "./_address.ts";
import type { S3Http } from "./_http.ts";

export type S3 = typeof import("@aws-sdk/client-s3");

/** The SDK and one of its clients. */
export interface LoadedS3 {
  readonly sdk: S3;
  readonly client: S3Client;
  readonly isAnonymous: boolean;
  /** Tells these credentials from others. It must stay in memory, since it is made of secrets. */
  readonly identity: string;
}

/**
 * Loads the SDK, which takes 70 ms and 16 MB, and finds the credentials in the SDK's own places (environment,
 * `~/.aws`, the machine's role). Without any, requests are anonymous.
 */
export async function loadS3(
  address: S3Address,
  http: S3Http,
  isPathStyle: boolean,
): Promise<LoadedS3> {
  const sdk = await import("@aws-sdk/client-s3");
  const config = {
    ...(address.endpoint === undefined ? {} : { endpoint: address.endpoint }),
    forcePathStyle: isPathStyle,
    region: address.region ?? Deno.env.get("AWS_REGION") ?? Deno.env.get("AWS_DEFAULT_REGION") ??
      "us-east-1",
    // The decorators around every origin decide about retries, deadlines and failures.
    maxAttempts: 1,
    requestHandler: http,
    // Files with credentials are read anew each time, since they change while the program runs.
    ignoreCache: true,
    // A range of an object has no checksum, and the checksum of a listing adds nothing to TLS.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  } as const;
  const client = new sdk.S3Client(config);
  const identity = await identityOf(client);
  if (identity !== undefined) return { sdk, client, isAnonymous: false, identity };
  const anonymous = new sdk.S3Client({
    ...config,
    credentials: { accessKeyId: "", secretAccessKey: "" },
    signer: { sign: (request) => Promise.resolve(request) },
  });
  return { sdk, client: anonymous, isAnonymous: true, identity: "" };
}

/**
 * Identifies the credentials; undefined when there are none. Credentials that exist but can't be used, such as an
 * expired login, throw.
 */
async function identityOf(client: S3Client): Promise<string | undefined> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    return JSON.stringify([accessKeyId, secretAccessKey, sessionToken]);
  } catch (error) {
    const isNone = error instanceof Error && error.name === "CredentialsProviderError" &&
      error.message === "Could not load credentials from any providers";
    if (isNone) return undefined;
    throw error;
  }
}
