// Saves the note of a visit while it is typed; the button does the same without this.
"use strict";
for (const form of document.querySelectorAll("form[data-saves]")) {
  const said = form.querySelector("[data-said]");
  let waiting = 0;
  let last = new URLSearchParams(new FormData(form)).toString();

  async function save() {
    const body = new URLSearchParams(new FormData(form));
    if (body.toString() === last) return;
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    const kept = Boolean(answer && answer.ok);
    if (kept) last = body.toString();
    said.textContent = kept ? said.dataset.said : said.dataset.failed;
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, 1200);
  });
  window.addEventListener("pagehide", save);
}
