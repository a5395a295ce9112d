// SPDX-License-Identifier: Apache-2.0
// Small things a page can do for itself: the theme, copy buttons, times in the reader's own zone.
"use strict";
const page = {
  byId: (id) => document.getElementById(id),
  say(words) { page.byId("said").textContent = words; },
  ready: [],                      // functions that look at a new main part; swap.js calls them after every swap
  changed(root) { page.ready.forEach((look) => look(root)); },
};
document.documentElement.classList.add("with-js");

page.ready.push((root) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  root.querySelectorAll("time[datetime]").forEach((time) => {
    time.title = `${new Date(time.dateTime).toLocaleString()} (${zone})\n${time.dateTime}`;
  });
  root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.textContent;
  button.textContent = "copied";
  page.say("Copied.");
  setTimeout(() => { button.textContent = words; }, 1200);
});

{
  const button = page.byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new Event("theme"));
  });
  dark.addEventListener("change", () => document.dispatchEvent(new Event("theme")));
}
