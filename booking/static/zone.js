// The reader's own clock: tells the service which zone this browser is in, where it does not know.
"use strict";
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const isUnknown = zone === "" || zone === "UTC" || zone === "GMT" || zone.startsWith("Etc/");

  // Whether two names mean one zone: browsers still say Asia/Calcutta where the service says Asia/Kolkata.
  function isSame(known) {
    try {
      return known !== "" && new Intl.DateTimeFormat("en", { timeZone: known }).resolvedOptions().timeZone === zone;
    } catch {
      return known === zone;
    }
  }

  // Somebody signed in: kept in the profile where none is known, asked about once where it differs.
  function tell(form) {
    const body = new FormData(form);
    body.set("zone", zone);
    body.set("answer", "heard");
    fetch(form.action, { method: "POST", body }).then((answer) => {
      if (answer.status !== 200) return;
      form.elements.zone.value = zone;
      for (const place of form.querySelectorAll("[data-there]")) {
        place.textContent = zone.split("/").pop().replaceAll("_", " ");
      }
      form.hidden = false;
    });
  }

  const isTouched = (field) =>
    ["radio", "checkbox"].includes(field.type)
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue;

  // A visitor: kept in a cookie until the browser closes, and the page's times are shown again with it.
  async function remember(link) {
    document.cookie = `zone=${zone}; path=/; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    if (!document.cookie.includes("zone=") || !("isFresh" in link.dataset) || !document.querySelector("main time")) return;
    const answer = await fetch(location.href, { redirect: "error" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    if ([...document.querySelectorAll("main input, main textarea")].some(isTouched)) return;
    for (const part of ["main", "footer"]) {
      const other = there.querySelector(part);
      if (other) document.querySelector(part).replaceWith(document.adoptNode(other));
    }
  }

  const form = document.getElementById("zone-question");
  const link = document.getElementById("zone-change");
  if (!isUnknown && form && !isSame(form.dataset.zone)) tell(form);
  if (!isUnknown && link && link.dataset.zone === "") remember(link);
}
