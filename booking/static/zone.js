// Tells the service, once, which zone this browser is in: kept where none is known, asked about where it differs.
"use strict";
{
  const form = document.getElementById("zone-question");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const known = form ? form.dataset.zone : zone;
  const isUnknown = zone === "" || zone === "UTC" || zone.startsWith("Etc/");
  if (form && !isUnknown && zone !== known) {
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
}
