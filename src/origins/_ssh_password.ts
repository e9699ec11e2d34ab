/** What a server asks for with keyboard-interactive (RFC 4256). */
export interface AskedPrompt {
  readonly prompt: string;
  /** Whether what is typed would be shown. */
  readonly echo?: boolean;
}

/** Words for a password, as servers ask for it in some languages. */
const PASSWORD =
  /pass(word|wort|code)?\b|passe\b|contrase|senha|kennwort|wachtwoord|lösenord|парол|密码|パスワード/iu;
/** What is asked for beside it, or in its place: another factor, or a new password. */
const OTHER =
  /one.?time|otp|verification|token|\bpin\b|\bnew\b|neue|retype|again|confirm|\bcurrent\b|\bold\b|expired|change/iu;

/** Whether a dialogue asks for the password, and for nothing else: then, and only then, it is given. */
export function asksForPassword(
  name: string,
  instructions: string,
  prompts: readonly AskedPrompt[],
): boolean {
  const [only, ...others] = prompts;
  if (only === undefined || others.length > 0 || only.echo === true) return false;
  return PASSWORD.test(only.prompt) && !OTHER.test(`${name} ${instructions} ${only.prompt}`);
}
