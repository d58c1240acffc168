const callbackURL = query.get("callbackURL") ?? undefined;
const finish = (body) => {
  form.hidden = true;
  if (body.url) location.assign(body.url);
  else say(body.message ?? "Your email address is verified.");
};
onLoad(async () => {
  // In a browser with a session of the account, this verifies the address.
  const { status, ok, body } = await ask(`verify-email?token=${encodeURIComponent(token)}`);
  if (ok) finish(body);
  else if (status === 401) showForm();
  else say(body.message, true);
});
onSubmit(async () => {
  const { ok, body } = await ask("confirm-email", { token, password: password.value, callbackURL });
  if (ok) finish(body);
  else say(body.message, true);
});
