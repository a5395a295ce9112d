// SPDX-License-Identifier: Apache-2.0
// Filters, paging and live updates without a new page: fetch the same address, replace the main part, keep the reader's place.
{
  let asking = null;
  let paused = false;
  let stream = null;
  let shown = location.pathname + location.search;

  const keyOf = (node) => node && (node.id ? `#${CSS.escape(node.id)}` : node.name ? `[name="${CSS.escape(node.name)}"]` : node.getAttribute("href") ? `a[href="${CSS.escape(node.getAttribute("href"))}"]` : "");

  function replace(text) {
    const next = new DOMParser().parseFromString(text, "text/html");
    const old = page.byId("main");
    const fresh = next.getElementById("main");
    if (!fresh) return false;
    const focus = old.contains(document.activeElement) ? keyOf(document.activeElement) : "";
    const { selectionStart: caret, value: written } = document.activeElement || {};
    old.querySelectorAll("details[id]").forEach((one) => {
      const twin = fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (twin) twin.open = one.open;
    });
    const places = [...old.querySelectorAll(".scroll")].map((one) => [one.getAttribute("aria-label"), one.scrollLeft]);
    old.querySelectorAll("[data-chart].drawn").forEach((one) => {
      const twin = fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (twin) { one.setAttribute("aria-label", twin.getAttribute("aria-label")); twin.replaceWith(one); }
    });
    old.replaceChildren(...fresh.childNodes);
    document.title = next.title || document.title;
    places.forEach(([label, left]) => { const one = left && old.querySelector(`.scroll[aria-label="${CSS.escape(label)}"]`); if (one) one.scrollLeft = left; });
    const again = focus && old.querySelector(focus);
    if (again) {
      again.focus({ preventScroll: true });
      if (caret != null && again.type === "search") {
        if (written.trim() === again.value) again.value = written;  // a space at the end is where the next word begins
        again.setSelectionRange(caret, caret);
      }
    }
    page.changed(old);
    return true;
  }

  // A list does not move under the reader's hand: what is new or changed in it is offered, and shown when asked for.
  let waiting = "";
  const marksOf = (root) => new Map([...root.querySelectorAll("#main [data-mark]")].map((row) => [row.dataset.row, row.dataset.mark]));
  function changedRows(text) {
    const now = marksOf(document);
    const then = marksOf(new DOMParser().parseFromString(text, "text/html"));
    const gone = [...now.keys()].filter((key) => !then.has(key)).length;
    return now.size && Math.max(gone, [...then].filter(([key, mark]) => now.get(key) !== mark).length);
  }
  function offer(pill, count, text) {
    waiting = text;
    pill.firstElementChild.textContent = `${count} changed`;
    if (pill.hidden) page.say(`${count} changed in the list. Press u to show.`);
    pill.hidden = false;
  }
  page.newer = () => {
    const pill = page.byId("newer");
    if (!pill || pill.hidden) return;
    replace(waiting);
    const first = document.querySelector("main [data-row] a");
    if (first) first.focus({ preventScroll: true });
    page.say("The list shows what changed.");
  };
  document.addEventListener("click", (event) => { if (event.target.closest("#newer")) page.newer(); });

  // quiet: a live update; anything unusual is left for the next one, and the reader keeps what is on screen. One that comes while
  // an answer is still on its way, which may be from before the change, is made up for behind it; one that failed, later and later.
  let missed = false;
  let failed = 0;
  function fail() { failed += 1; missed = true; mark("lost"); }
  async function load(address, { push = false, quiet = false } = {}) {
    if (asking) { if (quiet) { missed = true; return; } asking.abort(); }
    const mine = asking = new AbortController();
    const main = page.byId("main");
    if (!quiet) main.classList.add("stale");
    try {
      const answer = await fetch(address, { headers: { "X-Fragment": "main" }, signal: mine.signal, redirect: "error" });
      if (answer.status === 401) { location.assign(address); return; }
      if (quiet && !answer.ok) { fail(); return; }
      const text = await answer.text();
      if (mine.signal.aborted) return;
      failed = 0;
      if (push) history.pushState(null, "", address);
      shown = location.pathname + location.search;
      const pill = quiet && page.byId("newer");
      const count = pill ? changedRows(text) : 0;
      if (count) { offer(pill, count, text); mark("on", true); return; }
      if (!replace(text) && !quiet) { location.assign(address); return; }
      if (!quiet) { const found = main.querySelector("h1 + .muted, .empty-title"); page.say(found ? found.textContent : "The page has changed."); }
      if (quiet) mark("on", true);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (quiet) fail(); else location.assign(address);
    } finally {
      if (asking === mine) { asking = null; main.classList.remove("stale"); if (missed) { missed = false; hint(); } }
    }
  }

  page.load = load;

  function addressOf(form) {
    const filled = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value);
    const query = new URLSearchParams(filled).toString();
    return form.getAttribute("action") + (query ? `?${query}` : "");
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-swap]")) return;
    event.preventDefault();
    load(addressOf(event.target), { push: true });
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (form && event.target.type !== "search") load(addressOf(form), { push: true });
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    const own = event.target.closest("form[method=post]");
    if (own) own.dataset.still = "";  // what is being filled in stays: no live update until it is sent
    const form = event.target.closest("form[data-swap]");
    if (!form || event.target.type !== "search" || event.target.dataset.complete) return;
    clearTimeout(typing);
    typing = setTimeout(() => load(addressOf(form), { push: true }), 250);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    load(link.getAttribute("href"), { push: true });
    if (link.rel === "next") scrollTo(0, 0);
  });
  // A link to a line of the same page comes by here too; there is nothing to load for it.
  addEventListener("popstate", () => { if (location.pathname + location.search !== shown) load(location.pathname + location.search); });

  // Live: the stream only hints that something changed; the page then asks for itself again.
  const button = page.byId("live");
  const words = page.byId("live-words");
  const source = document.body.dataset.live;
  function mark(state, seen = false) {
    if (!button) return;
    button.dataset.state = state;
    if (seen) button.dataset.seen = new Date().toISOString().slice(11, 19) + " UTC";
    const since = button.dataset.seen || words.dataset.first;
    words.textContent = { on: `Live · ${since}`, off: `Paused · ${since}`, lost: `Not live · ${since}` }[state];
  }
  let due = 0;
  let lately = 0;
  function hint() {
    if (paused || due || document.querySelector("main [data-still]")) return;  // an answer to a form would be lost
    const busy = () => document.querySelector("dialog[open]") || typing && document.activeElement.type === "search" && document.activeElement.value || document.activeElement.matches("main [type=text], main textarea") || !document.getSelection().isCollapsed;
    due = setTimeout(() => {
      due = 0;
      if (paused || document.hidden) return;
      if (busy()) { hint(); return; }
      lately = Date.now();
      const address = new URL(location.href);
      address.searchParams.delete("said");
      if (performance.now() < 8000) address.href = location.href;  // leave the word on what was done time to be read
      if (address.href !== location.href) { history.replaceState(null, "", address); shown = location.pathname + location.search; }
      load(address.pathname + address.search, { quiet: true });
    }, Math.max(250, lately + 1500 * 2 ** Math.min(failed, 5) - Date.now()));
  }
  function listen() {
    if (stream) stream.close();
    stream = null;
    if (paused || document.hidden) return;
    stream = new EventSource(source);
    stream.onopen = () => mark("on");
    stream.onerror = () => mark("lost");
    stream.onmessage = hint;
  }
  page.pause = () => {
    if (!source) return;
    paused = !paused;
    mark(paused ? "off" : "on");
    page.say(paused ? "Live updates are paused." : "Live updates go on.");
    listen();
    if (!paused) hint();
  };
  if (source && button) {
    words.dataset.first = words.textContent;
    button.hidden = false;
    button.title = "Pause or resume live updates";
    button.addEventListener("click", page.pause);
    document.addEventListener("visibilitychange", () => { listen(); if (!document.hidden) hint(); });
    addEventListener("pagehide", () => stream && stream.close());
    listen();
  }
}
