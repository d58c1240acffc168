onLoad(async () => {
  // A link that no longer works says so before a password is thought of.
  const { ok, body } = await ask("check-reset-token", { token });
  if (ok) showForm();
  else say(body.message, true);
});
onSubmit(async () => {
  const { ok, body } = await ask("reset-password", { newPassword: password.value, token });
  if (!ok) return say(body.message, true);
  form.hidden = true;
  say(body.twoFactorRedirect
    ? "Your password is set. Now sign in with it; your second factor will be asked for as before."
    : "Your password is set. You can sign in with it now.");
});
