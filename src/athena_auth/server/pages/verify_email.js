const callbackURL = query.get("callbackURL") ?? undefined;
const goOn = (body) => {
  form.hidden = true;
  if (body.url) location.assign(body.url);
  else say(body.message ?? "Your email address is verified.");
};
onLoad(async () => {
  // In the browser of the account's owner this is all there is to do.
  const { status, ok, body } = await ask(`verify-email?token=${encodeURIComponent(token)}`);
  if (ok) goOn(body);
  else if (status === 401) showForm();
  else say(body.message, true);
});
onSubmit(async () => {
  const { ok, body } = await ask("confirm-email", { token, password: password.value, callbackURL });
  if (ok) goOn(body);
  else say(body.message, true);
});
