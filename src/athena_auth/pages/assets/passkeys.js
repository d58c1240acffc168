// Makes and uses passkeys (WebAuthn level 3). A form marked with `data-passkey` gets a button, whose ceremony fills in its field.

const isSupported = typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
// The server keeps a nonce for five minutes.
const OFFER_MS = 240_000;
const UPGRADE = "athena-passkey-upgrade";

class Refused extends Error {}

// The options of a form are in the document, or are asked for when they are needed.
async function optionsOf({ options, optionsUrl }) {
  if (options) return JSON.parse(options);
  const answer = await fetch(optionsUrl, { headers: { "accept-language": document.documentElement.lang } });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(body.message);
  return body;
}

function create(options, more) {
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), ...more });
}

function get(options, more) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...more });
}

async function fillIn(form, more) {
  const options = await optionsOf(form.dataset);
  const credential = await (form.dataset.passkey === "create" ? create : get)(options, more);
  form.elements.credential.value = JSON.stringify(credential);
  form.requestSubmit();
}

// Browsers do not say whether the user has cancelled, has waited too long, or has no passkey here (section 14.5).
function reasonOf(error, { cancelled, exists, failed }) {
  if (error instanceof Refused && error.message) return error.message;
  if (error.name === "NotAllowedError") return cancelled;
  return error.name === "InvalidStateError" ? exists : failed;
}

// What autofill offers waits until the user chooses from it. A browser has one ceremony at a time.
let offered = null;

function endOffer() {
  offered?.ceremony.abort();
  offered = null;
}

function addButton(form) {
  const line = document.createElement("p");
  line.className = "notice bad";
  line.hidden = true;
  line.tabIndex = -1;
  const button = document.createElement("button");
  button.type = "button";
  button.className = form.dataset.kind;
  button.textContent = form.dataset.label;
  const say = (text) => {
    line.textContent = text;
    line.hidden = !text;
    if (text) line.focus();
  };
  button.addEventListener("click", async () => {
    say("");
    endOffer();
    button.disabled = true;
    try {
      await fillIn(form, {});
    } catch (error) {
      say(reasonOf(error, form.dataset));
    } finally {
      button.disabled = false;
    }
  });
  form.append(line, button);
  if ("focus" in form.dataset && document.activeElement === document.body) button.focus();
}

// Passkeys among the suggestions of the field for the address. A page that was left open asks for a new nonce when the
// user returns to the field.
async function offerInAutofill(form, field) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const offer = async () => {
    if (offered && Date.now() - offered.at < OFFER_MS) return;
    endOffer();
    const ceremony = new AbortController();
    offered = { ceremony, at: Date.now() };
    try {
      await fillIn(form, { mediation: "conditional", signal: ceremony.signal });
    } catch {
      // The user has chosen something else, or the server cannot be reached: the password and the button remain.
      if (offered?.ceremony === ceremony) offered = null;
    }
  };
  field.addEventListener("focus", offer);
  if (document.activeElement === field) offer();
}

// Passkey upgrade: after a sign-in with a password that the password manager has filled in, it may make a passkey by itself.
// It is asked once, in the background, and whatever it says, the user is not disturbed.
async function upgrade({ optionsUrl, verifyUrl }) {
  const capabilities = await PublicKeyCredential.getClientCapabilities?.();
  if (!capabilities?.conditionalCreate) return;
  const response = await create(await optionsOf({ optionsUrl }), { mediation: "conditional" });
  await fetch(verifyUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ response, mediation: "conditional" }),
  });
}

// The Signal API: password managers forget removed passkeys, and show the current name and address.
async function signal({ signals, unknown }) {
  if (unknown) await PublicKeyCredential.signalUnknownCredential?.(JSON.parse(unknown));
  if (!signals) return;
  const { rpId, userId, name, displayName, allAcceptedCredentialIds } = JSON.parse(signals);
  await PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds });
  await PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName });
}

async function inBackground(element) {
  const isDue = sessionStorage.getItem(UPGRADE) !== null;
  sessionStorage.removeItem(UPGRADE);
  await signal(element.dataset);
  if (isDue && "upgrade" in element.dataset) await upgrade(element.dataset);
}

if (isSupported) {
  for (const line of document.querySelectorAll("[data-no-passkeys]")) line.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) addButton(form);
  const field = document.querySelector("input[autocomplete~=webauthn]");
  const form = document.querySelector("form[data-passkey][data-options-url]");
  if (field && form) {
    offerInAutofill(form, field);
    field.form.addEventListener("submit", () => sessionStorage.setItem(UPGRADE, "due"));
    form.addEventListener("submit", () => sessionStorage.removeItem(UPGRADE));
  }
  for (const element of document.querySelectorAll("[data-passkey-background]")) inBackground(element).catch(() => {});
}
