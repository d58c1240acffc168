// A front end as a team writes it for Better Auth: its client in plain JavaScript, and nothing that knows of this project.
import { createAuthClient } from "better-auth/client";
import { twoFactorClient } from "better-auth/client/plugins";

const auth = createAuthClient({
  plugins: [twoFactorClient({ onTwoFactorRedirect: () => location.assign("/second-step") })],
});
const element = (id) => document.getElementById(id);
const NEXT = new URLSearchParams(location.search).get("next") ?? "/dashboard";
const PROTECTED = ["/dashboard", "/settings"];

/** Say what an answer holds: its error, or that it worked. */
function say({ error }, done) {
  document.querySelector("[role=status]").textContent = error ? `${error.status} ${error.code}` : done;
}

/** Call `send` with the fields of a form, and `then` with what was answered if it worked. */
function onSubmit(id, send, then = () => {}) {
  const form = element(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(Object.fromEntries(new FormData(form)));
    say(answer, "Done");
    if (!answer.error) then(answer.data);
  });
}

onSubmit("/sign-up", (fields) => auth.signUp.email(fields), () => location.assign(NEXT));
// Where to go is in the answer, and the client goes there: to NEXT, or to the second step.
onSubmit("/sign-in", (fields) => auth.signIn.email({ ...fields, callbackURL: NEXT }));
onSubmit(
  "/second-step",
  ({ code, trustDevice }) => auth.twoFactor.verifyTotp({ code, trustDevice: trustDevice === "on" }),
  () => location.assign("/dashboard"),
);
onSubmit("rename", ({ name }) => auth.updateUser({ name }));
onSubmit("enable", ({ password }) => auth.twoFactor.enable({ password }), ({ totpURI }) => {
  element("totp-uri").textContent = totpURI;
  element("confirm").hidden = false;
});
onSubmit("confirm", ({ code }) => auth.twoFactor.verifyTotp({ code }), () => (element("confirm").hidden = true));
onSubmit("disable", ({ password }) => auth.twoFactor.disable({ password }));
element("sign-out").addEventListener("click", () => auth.signOut());

// What the page shows of the session follows the client's own store, which asks again after every change.
auth.useSession.subscribe(({ data, isPending }) => {
  if (isPending) return;
  element("session").textContent = data ? data.user.name : "none";
  element("two-factor").textContent = data?.user.twoFactorEnabled ? "on" : "off";
  if (!data && PROTECTED.includes(location.pathname)) location.assign("/sign-in");
});
element(location.pathname)?.removeAttribute("hidden");
