/**
 * Credentials must not stand in the configuration or in a URL, because both end up in logs and listings. A value that
 * looks like one is refused without being repeated.
 *
 * @module
 */

/** Where credentials belong, for hints. */
export const CREDENTIAL_PLACES = "the environment, an agent, ~/.aws or ~/.ssh";

const NAME =
  /(^|[_-])(password|passwd|passphrase|secret|token|credentials?|signature)($|[_-])|^(secret_?|private_?|aws_)?access_?key|private_?key/i;

/** Whether a key or parameter with this name would hold a secret. */
export function isCredentialName(name: string): boolean {
  return NAME.test(name);
}

/** Whether a value holds a secret: a URL or host with a password before the host, or a user name with one after it. */
export function isCredentialValue(name: string, value: string): boolean {
  // A password may contain a slash, so the text up to `@` decides; digits before a slash are a port.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:(?!\d+(\/|$))[^@]*@/i.test(value)) return true;
  if (name === "endpoint") return /^https?:\/\/[^/\s]*@/i.test(value);
  if (name === "host") return /:.*@/.test(value);
  return name === "user" && value.includes(":");
}
