onLoad(async () => showForm());
onSubmit(async () => {
  const { ok, body } = await ask("recognize-browser", { token, password: password.value });
  if (!ok) return say(body.message, true);
  form.hidden = true;
  say("This browser can sign in now. Return to the application and sign in.");
});
