// Shows what is being dropped and sends it at once. The form works the same without this script.
(() => {
  const zone = document.querySelector("[data-drop]");
  if (!zone) return;
  const input = zone.querySelector("input[type=file]");
  const list = zone.querySelector("[data-drop-names]");
  const form = zone.closest("form");
  let depth = 0;
  const lit = (on) => zone.classList.toggle("is-over", on);
  const show = () => {
    list.textContent = Array.from(input.files, (file) => file.name).join(", ");
    zone.classList.toggle("is-filled", input.files.length > 0);
  };
  zone.addEventListener("dragenter", () => { depth += 1; lit(true); });
  zone.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) lit(false); });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    lit(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
    form.requestSubmit();
  });
  input.addEventListener("change", show);
  form.addEventListener("submit", () => { form.classList.add("is-busy"); });
  window.addEventListener("pageshow", () => { form.classList.remove("is-busy"); });
})();
