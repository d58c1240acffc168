"use strict";
const form = document.getElementById("form"), outcome = document.getElementById("outcome");
const send = document.getElementById("send"), password = document.getElementById("password");
const query = new URLSearchParams(location.search), token = query.get("token");
// The token must not stay in the history or in a bookmark.
history.replaceState(null, "", location.pathname);

function say(text, bad) {
  outcome.textContent = text;
  outcome.className = bad ? "bad" : "";
}

function showForm() {
  form.hidden = false;
  password.focus();
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, { ...options, headers: { accept: "application/json", ...options.headers } });
  return { status: answer.status, ok: answer.ok, body: await answer.json() };
}

async function busy(work) {
  send.disabled = true;
  say("");
  try {
    await work();
  } catch {
    say("The server could not be reached. Try again.", true);
  } finally {
    send.disabled = false;
  }
}

function onSubmit(work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(work);
  });
}

function onLoad(work) {
  if (token) busy(work);
  else say("This link is incomplete. Open it from the email again, or request a new one.", true);
}
