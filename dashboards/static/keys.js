// SPDX-License-Identifier: Apache-2.0
// Single-key shortcuts. They can be turned off in the help, because speech input types letters too.
{
  const help = page.byId("help");
  const on = page.byId("keys-on");
  const open = page.byId("help-open");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  open.hidden = false;
  open.addEventListener("click", () => help.showModal());

  let going = 0;
  const rows = () => [...document.querySelectorAll("main [data-row]")];
  function step(by) {
    const all = rows();
    const here = all.findIndex((row) => row.classList.contains("at"));
    const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
    if (!next) return;
    all.forEach((row) => row.classList.toggle("at", row === next));
    const link = next.querySelector("a");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  const does = {
    "/": () => page.byId("find").focus(),
    f: () => { const first = document.querySelector("main .filters input:not([type=hidden]), main .filters select"); if (first) first.focus(); },
    j: () => step(1),
    k: () => step(-1),
    r: () => { const button = document.querySelector("main .replay button"); if (button) button.focus(); },
    u: () => page.newer(),
    ".": () => page.pause(),
    "?": () => help.showModal(),
    g: () => { going = Date.now(); },
  };
  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.metaKey || event.ctrlKey || event.altKey || help.open) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const target = Date.now() - going < 1200 && document.querySelector(`.top [data-key="${CSS.escape(event.key)}"]`);
    going = 0;
    if (target) { event.preventDefault(); target.click(); return; }
    if (does[event.key]) { event.preventDefault(); does[event.key](); }
  });
  page.changed(document);
}
