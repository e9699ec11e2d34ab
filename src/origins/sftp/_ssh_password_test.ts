import assert from "node:assert/strict";
import { asksForPassword } from "./_ssh_password.ts";

function asks(prompt: string, options: { name?: string; text?: string; echo?: boolean } = {}) {
  const { name = "", text = "", echo = false } = options;
  return asksForPassword(name, text, [{ prompt, echo }]);
}

Deno.test("a password is given to prompts for the password", () => {
  for (
    const prompt of [
      "Password: ",
      "password:",
      "ada@nas's password: ",
      "Passwort: ",
      "Mot de passe : ",
      "Contraseña: ",
      "(ada@nas) Password for ada@nas:",
    ]
  ) assert.ok(asks(prompt), prompt);
});

Deno.test("a password is given to nothing else", () => {
  for (
    const prompt of [
      "Verification code: ",
      "One-time password (OATH) for `ada': ",
      "New password: ",
      "Retype new password: ",
      "(current) UNIX password: ",
      "Your PIN:",
      "Duo two-factor login for ada",
      "Username: ",
      "",
    ]
  ) assert.ok(!asks(prompt), prompt);
  assert.ok(!asks("Password: ", { echo: true }));
  assert.ok(!asks("Password: ", { text: "Your password has expired. Choose another one." }));
  assert.ok(!asks("Password: ", { name: "Password change required" }));
  assert.ok(!asksForPassword("", "", []));
  assert.ok(!asksForPassword("", "", [{ prompt: "Password: " }, { prompt: "Code: " }]));
});
