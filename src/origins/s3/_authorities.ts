import { messageOf } from "../../base/mod.ts";
import { OriginUnreachable } from "../origin.ts";

/** Files in which systems keep all certificates that they trust. */
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Certificates in PEM that may sign the certificate of a server other than Amazon's: those of the file that the
 * settings or AWS_CA_BUNDLE name and, with `withSystem`, those that the system trusts. Throws OriginUnreachable when
 * a named file can't be read.
 */
export function privateAuthorities(ca: string | undefined, withSystem: boolean): string[] {
  const named = ca ?? (Deno.env.get("AWS_CA_BUNDLE") || undefined);
  const certificates: string[] = [];
  if (named !== undefined) {
    try {
      certificates.push(Deno.readTextFileSync(named));
    } catch (error) {
      const why = `the certificates of ${named} cannot be read: ${messageOf(error)}`;
      throw new OriginUnreachable(`Cannot use S3: ${why}`, { isPermanent: true });
    }
  }
  if (!withSystem) return certificates;
  for (const file of [Deno.env.get("SSL_CERT_FILE") || undefined, ...SYSTEM_FILES]) {
    if (file === undefined) continue;
    try {
      certificates.push(Deno.readTextFileSync(file));
      break;
    } catch {
      // Other systems have the file in another place.
    }
  }
  return certificates;
}
