// Copies an address; without this it is a field to select from.
"use strict";
for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const words = button.innerHTML;
  let waiting = 0;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    field.select();
    const written = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject();
    const isCopied = await written.then(() => true, () => document.execCommand("copy"));
    if (!isCopied) return;
    button.textContent = button.dataset.copied;
    clearTimeout(waiting);
    waiting = setTimeout(() => { button.innerHTML = words; }, 3000);
  });
}
