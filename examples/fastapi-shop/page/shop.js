import { client } from "/api/auth/client.js";

const { auth } = client;
const sections = document.querySelectorAll("section");
const at = (id) => document.getElementById(id);

/** What a code or a sign-in interrupted: the payment to repeat when it is given. */
let interrupted = null;
let signingIn = false;

function show(id) {
  if (!at(id).hidden) return;
  for (const section of sections) {
    section.hidden = section.id !== id;
    // Passwords and codes are not kept in fields that nobody sees.
    section.querySelector("form")?.reset();
  }
  // Whoever cannot see the page hears where she is: the field to fill, or the heading where there is more to read.
  at(id).querySelector("h1[tabindex], input")?.focus();
}

function say({ outcome = "", problem = "" }) {
  at("outcome").textContent = outcome;
  at("problem").textContent = problem;
}

async function pay(amount) {
  const answer = await fetch("/pay", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount }),
  });
  const body = await answer.json();
  if (answer.ok) {
    show("shelf");
    return say({ outcome: `You have paid ${body.paid}. Thank you!` });
  }
  interrupted = () => pay(amount);
  if (body.code === "STEP_UP_REQUIRED") return askForCode({ atSignIn: false });
  if (body.code === "ENROLMENT_REQUIRED") return show("enrol");
  if (body.code === "UNAUTHORIZED") return show("sign-in");
  interrupted = null;
  say({ problem: body.message });
}

function askForCode({ atSignIn }) {
  signingIn = atSignIn;
  at("trust").hidden = !atSignIn;
  show("second-step");
}

/** Show who is signed in, and go on with what was interrupted. `getSession` also renews the cookie. */
async function proceed() {
  const { data, error } = await auth.getSession();
  if (error) return say({ problem: error.message });
  at("customer").hidden = data === null;
  at("email").textContent = data?.user.email ?? "";
  if (data === null) return show("sign-in");
  const repeat = interrupted;
  interrupted = null;
  return repeat ? repeat() : show("shelf");
}

const submitted = {
  "sign-in": async (fields) => {
    const { data } = await auth.signIn.email(fields, { throw: true });
    return data.twoFactorRedirect ? askForCode({ atSignIn: true }) : proceed();
  },
  "sign-up": async (fields) => {
    await auth.signUp.email(fields, { throw: true });
    return proceed();
  },
  "second-step": async ({ code, trustDevice }) => {
    // An app shows eight digits at most; a backup code is longer. Input methods may type both in full width.
    const verify = code.normalize("NFKC").replace(/[^0-9a-z]/gi, "").length > 8 ? auth.twoFactor.verifyBackupCode : auth.twoFactor.verifyTotp;
    await verify({ code, trustDevice: signingIn && trustDevice === "on" }, { throw: true });
    return proceed();
  },
  enrol: async ({ password }) => {
    const { data } = await auth.twoFactor.enable({ password, qrCode: true }, { throw: true });
    at("qr-code").src = data.qrCode;
    at("uri").href = data.totpURI;
    at("key").textContent = new URL(data.totpURI).searchParams.get("secret").replace(/.{4}(?=.)/g, "$& ");
    at("backup-codes").replaceChildren(...data.backupCodes.map((code) => {
      const item = document.createElement("li");
      item.textContent = code;
      return item;
    }));
    show("confirm");
  },
  confirm: async ({ code }) => {
    await auth.twoFactor.verifyTotp({ code }, { throw: true });
    forgetSecrets();
    return proceed();
  },
};

function forgetSecrets() {
  at("qr-code").removeAttribute("src");
  at("uri").removeAttribute("href");
  at("key").textContent = "";
  at("backup-codes").replaceChildren();
}

/** Do something once, however often it is clicked, and say what went wrong. */
async function act(button, work) {
  button.disabled = true;
  say({});
  try {
    await work();
  } catch (error) {
    say({ problem: error.code ? error.message : "The shop could not be reached. Try again." });
  } finally {
    button.disabled = false;
    // A button that is disabled loses the focus; who uses a keyboard must not have to look for it again.
    if (document.activeElement === document.body) button.focus();
  }
}

for (const [id, work] of Object.entries(submitted)) {
  const form = at(id).querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    act(event.submitter ?? form.querySelector("button"), () => work(fields));
  });
}
for (const button of document.querySelectorAll("[data-amount]")) {
  button.addEventListener("click", () => act(button, () => pay(Number(button.dataset.amount))));
}
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    say({});
    show(button.dataset.show);
  });
}
for (const button of document.querySelectorAll("[data-cancel]")) {
  button.addEventListener("click", () => act(button, () => {
    interrupted = null;
    forgetSecrets();
    return proceed();
  }));
}
at("sign-out").addEventListener("click", (event) => act(event.currentTarget, async () => {
  interrupted = null;
  await auth.signOut({ throw: true });
  return proceed();
}));

await proceed();
