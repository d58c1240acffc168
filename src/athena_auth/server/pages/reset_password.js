onLoad(async () => {
  // An invalid link is reported before the user types a new password.
  const { ok, body } = await ask("check-reset-token", { token });
  if (ok) showForm();
  else say(body.message, true);
});
onSubmit(async () => {
  const { ok, body } = await ask("reset-password", { newPassword: password.value, token });
  if (!ok) return say(body.message, true);
  form.hidden = true;
  say(body.twoFactorRedirect
    ? "Your password was set. Sign in with it now. You will still be asked for your second factor."
    : "Your password was set. Sign in with it now.");
});
