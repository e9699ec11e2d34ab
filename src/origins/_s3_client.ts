import type { S3Client } from "@aws-sdk/client-s3";
import type { S3Address } from "./_s3_address.ts";
import type { S3Http } from "./_s3_http.ts";

export type S3 = typeof import("@aws-sdk/client-s3");

/** The SDK and a client of it. */
export interface LoadedS3 {
  readonly sdk: S3;
  readonly client: S3Client;
  readonly isAnonymous: boolean;
  /** Tells credentials from others, and is no secret but in memory. */
  readonly identity: string;
}

/**
 * Loads the SDK, which takes 70 ms and 16 MB, and finds out who asks: credentials of the SDK's own places
 * (environment, `~/.aws`, the machine's role), or nobody when there are none.
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
    // Retries, deadlines and what counts as a failure are decided around every origin alike.
    maxAttempts: 1,
    requestHandler: http,
    // Files with credentials are looked at anew: they change while the program runs.
    ignoreCache: true,
    // Of a part of an object there is none; of a listing it says nothing that TLS doesn't.
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

/** Credentials that are there but can't be had, as an expired login, are not the same as none, which is undefined. */
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
