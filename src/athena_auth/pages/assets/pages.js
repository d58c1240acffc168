// Makes the pages more convenient. Without this module every form works all the same.

const SVG = "http://www.w3.org/2000/svg";
const EYE = "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12z M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z";
const STRIKE = " M4 20 20 4";

function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  line.setAttribute("fill", "none");
  line.setAttribute("stroke", "currentColor");
  line.setAttribute("stroke-width", "1.75");
  line.setAttribute("stroke-linecap", "round");
  svg.append(line);
  return svg;
}

function addPasswordToggle(box) {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  const update = () => {
    const shown = input.type === "text";
    button.setAttribute("aria-label", shown ? box.dataset.hide : box.dataset.show);
    button.setAttribute("aria-pressed", String(shown));
    button.replaceChildren(icon(shown ? EYE + STRIKE : EYE));
  };
  button.addEventListener("click", () => {
    input.type = input.type === "text" ? "password" : "text";
    update();
    input.focus();
  });
  // The browser must not store a shown password as a text that it offers elsewhere.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
  update();
  box.append(button);
}

function addButton(parent, label, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary";
  button.textContent = label;
  button.addEventListener("click", () => onClick(button));
  parent.append(button);
  return button;
}

// Browsers offer the clipboard only over HTTPS and on localhost.
function addCopyButton(parent, { copy, copied }, text) {
  if (!navigator.clipboard) return;
  const button = addButton(parent, copy, async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 2000);
  });
  button.setAttribute("aria-live", "polite");
}

function addCodeButtons(list) {
  const text = `${[...list.querySelectorAll("code")].map((code) => code.textContent).join("\n")}\n`;
  const actions = document.createElement("p");
  actions.className = "actions";
  addCopyButton(actions, list.dataset, text);
  addButton(actions, list.dataset.download, () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = list.dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  addButton(actions, list.dataset.print, () => print());
  list.after(actions);
}

function showLocalTime(time) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  time.textContent = format.format(new Date(time.dateTime));
}

// Counts the seconds in a text down, and calls `done` at the end. By the clock: a sleeping tab's timers stand still.
function countDown(seconds, show, done) {
  const end = Date.now() + seconds * 1000;
  const step = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) return done();
    show(left);
    setTimeout(step, 250);
  };
  step();
}

function startCountdown(line) {
  const seconds = Number(line.dataset.countdown);
  const text = line.textContent;
  const buttons = [...document.querySelectorAll("main form button:not([type=button])")];
  const ready = line.parentElement.querySelector("[data-countdown-done]");
  for (const button of buttons) button.disabled = true;
  // A screen reader would read every second aloud.
  line.setAttribute("aria-live", "off");
  countDown(seconds, (left) => {
    // The sentence of the last second has the singular, which the page cannot form by itself.
    line.textContent = left === 1 ? line.dataset.countdownLast : text.replace(String(seconds), String(left));
  }, () => {
    line.hidden = true;
    if (ready) ready.hidden = false;
    for (const button of buttons) button.disabled = false;
  });
}

function startCooldown(button) {
  const label = button.textContent;
  button.disabled = true;
  countDown(Number(button.dataset.cooldown), (left) => { button.textContent = `${label} (${left})`; }, () => {
    button.textContent = label;
    button.disabled = false;
  });
}

// Submits a code when its last digit is typed or pasted; once, so that a wrong one can be corrected by hand.
function submitWhenComplete(input) {
  let done = input.getAttribute("aria-invalid") === "true";
  input.addEventListener("input", () => {
    const digits = input.value.replace(/[\s-]/g, "");
    if (done || !/^\d+$/.test(digits) || digits.length !== Number(input.dataset.digits)) return;
    done = true;
    input.form.requestSubmit();
  });
}

function guardAgainstDoubleSubmit(form) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
  });
}

function showConnection() {
  const line = document.querySelector("[data-offline]");
  if (line) line.hidden = navigator.onLine;
}

for (const box of document.querySelectorAll("[data-password]")) addPasswordToggle(box);
for (const line of document.querySelectorAll(".copyable")) {
  addCopyButton(line, line.dataset, line.querySelector("code").textContent);
}
for (const list of document.querySelectorAll("[data-codes]")) addCodeButtons(list);
for (const time of document.querySelectorAll("time")) showLocalTime(time);
for (const line of document.querySelectorAll("[data-countdown]")) startCountdown(line);
for (const button of document.querySelectorAll("[data-cooldown]")) startCooldown(button);
for (const input of document.querySelectorAll("input[data-digits]")) submitWhenComplete(input);
for (const form of document.querySelectorAll("form[method=post]")) guardAgainstDoubleSubmit(form);
// A page that the browser restores when the user goes back must accept its form again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});
addEventListener("online", showConnection);
addEventListener("offline", showConnection);
showConnection();
