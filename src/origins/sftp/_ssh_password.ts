/** A prompt of keyboard-interactive authentication (RFC 4256). */
export interface AskedPrompt {
  readonly prompt: string;
  /** Whether the typed text would be shown. */
  readonly echo?: boolean;
}

/** Words for a password in some languages in which servers ask for it. */
const PASSWORD =
  /pass(word|wort|code)?\b|passe\b|contrase|senha|kennwort|wachtwoord|lösenord|парол|密码|パスワード/iu;
/** Words for what is asked beside or in place of the password: another factor, or a new password. */
const OTHER =
  /one.?time|otp|verification|token|\bpin\b|\bnew\b|neue|retype|again|confirm|\bcurrent\b|\bold\b|expired|change/iu;

/** Whether a dialogue asks for the password and for nothing else. Only then is the password given. */
export function asksForPassword(
  name: string,
  instructions: string,
  prompts: readonly AskedPrompt[],
): boolean {
  const [only, ...others] = prompts;
  if (only === undefined || others.length > 0 || only.echo === true) return false;
  return PASSWORD.test(only.prompt) && !OTHER.test(`${name} ${instructions} ${only.prompt}`);
}
