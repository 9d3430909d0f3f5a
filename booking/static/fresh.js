// Keeps the analyst's day fresh without a reload: what has changed since is put in its place, folds stay as they are.
"use strict";
{
  const EVERY = 30000;
  const plain = (part) => part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "").replace(/ open=""/g, "");
  let seen = new Map();
  const note = (page) => new Map([...page.querySelectorAll("[data-fresh]")].map((part) => [part.id, plain(part)]));

  async function look() {
    if (document.hidden) return;
    const answer = await fetch(location.href, { redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = note(there);
    for (const part of document.querySelectorAll("[data-fresh]")) {
      const other = there.getElementById(part.id);
      if (!other || seen.get(part.id) === now.get(part.id) || part.contains(document.activeElement)) continue;
      const open = new Set([...part.querySelectorAll("li[id] details[open]")].map((fold) => fold.closest("li").id));
      for (const row of other.querySelectorAll("li[id]")) {
        const fold = row.querySelector("details");
        if (fold && open.has(row.id)) fold.open = true;
      }
      part.replaceWith(document.adoptNode(other));
      seen.set(other.id, now.get(other.id));
    }
  }

  seen = note(document);
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
