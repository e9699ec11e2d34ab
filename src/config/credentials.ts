/**
 * Credentials never stand in the configuration nor in a URL, which end up in logs and listings. What looks like
 * one is refused without being repeated.
 *
 * @module
 */

/** Where they belong, for hints. */
export const CREDENTIAL_PLACES = "the environment, an agent, ~/.aws or ~/.ssh";

const NAME =
  /(^|[_-])(password|passwd|passphrase|secret|token|credentials?|signature)($|[_-])|^(secret_?|private_?|aws_)?access_?key|private_?key/i;

/** Whether a key or parameter of that name would hold a secret. */
export function isCredentialName(name: string): boolean {
  return NAME.test(name);
}

/** Whether a value holds a secret: a URL or host with a password in front of it, or a user with one behind. */
export function isCredentialValue(name: string, value: string): boolean {
  // A password may hold a slash, which ends a host: what is in front of that is a port then.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:(?!\d+(\/|$))[^@]*@/i.test(value)) return true;
  if (name === "endpoint") return /^https?:\/\/[^/\s]*@/i.test(value);
  if (name === "host") return /:.*@/.test(value);
  return name === "user" && value.includes(":");
}
