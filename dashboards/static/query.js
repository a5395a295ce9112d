// SPDX-License-Identifier: Apache-2.0
// The query bar's ways to go on, and the brush over starts. Without this script both are a form and plain links.
{
  let asked = 0;
  let asking = null;
  const bar = () => page.byId("q");
  const box = () => page.byId("offers");
  const all = () => [...box().querySelectorAll("[role=option]")];
  const chosen = () => box().querySelector("[aria-selected=true]");

  function close() {
    clearTimeout(asked);
    if (!box()) return;
    box().hidden = true;
    bar().setAttribute("aria-expanded", "false");
    bar().removeAttribute("aria-activedescendant");
  }
  async function offer() {
    const input = bar();
    if (asking) asking.abort();
    asking = new AbortController();
    const words = new URLSearchParams({ q: input.value, caret: input.selectionStart });
    try {
      const answer = await fetch(`${input.dataset.complete}?${words}`, { signal: asking.signal });
      if (!answer.ok || document.activeElement !== bar()) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      box().replaceChildren(...found.childNodes);
      const any = all().length > 0;
      box().hidden = !any && !box().querySelector("p");
      bar().setAttribute("aria-expanded", String(any));
    } catch (error) { if (error.name !== "AbortError") close(); }
  }
  function mark(option) {
    all().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (!option) { bar().removeAttribute("aria-activedescendant"); return; }
    bar().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function take(option) {
    const input = bar();
    const begun = /[:<>]$/.test(option.dataset.query.slice(0, option.dataset.caret));
    input.value = option.dataset.query + (begun || option.dataset.caret < option.dataset.query.length ? "" : " ");
    const caret = Number(option.dataset.caret) + (begun ? 0 : 1);
    input.setSelectionRange(caret, caret);
    if (begun) { offer(); return; }
    close();
    input.form.requestSubmit();
  }
  document.addEventListener("input", (event) => {
    if (event.target !== bar()) return;
    clearTimeout(asked);
    asked = setTimeout(offer, 120);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== bar()) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && box().hidden) { event.preventDefault(); offer(); return; }
    const options = all();
    if (step && options.length) {
      event.preventDefault();
      mark(options[(options.indexOf(chosen()) + step + options.length + (step < 0 && !chosen() ? 1 : 0)) % options.length]);
    } else if (event.key === "Enter" && !box().hidden && chosen()) {
      event.preventDefault();
      take(chosen());
    } else if (event.key === "Escape" && !box().hidden) {
      event.preventDefault();
      close();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("#offers [role=option]");
    if (option) { event.preventDefault(); take(option); } else if (!event.target.closest(".query-line")) close();
  });
  document.addEventListener("submit", close);
  document.addEventListener("focusout", (event) => { if (event.target === bar() && event.relatedTarget) close(); });
  page.ready.push((root) => {
    const facets = page.byId("facets");
    if (facets && root === document && matchMedia("(max-width: 900px)").matches) facets.open = false;
    if (!bar()) return;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "offer-list"], ["aria-expanded", "false"]]) bar().setAttribute(name, value);
  });

  // The brush: one stop for the keyboard, arrow keys walk, Shift makes a stretch, Enter narrows to it; so does a drag.
  let from = null;
  let dragging = false;
  const links = (svg) => [...svg.querySelectorAll("a")];
  function show(svg, one, other) {
    const bars = links(svg);
    const [first, last] = [bars.indexOf(one), bars.indexOf(other)].sort((a, b) => a - b);
    bars.forEach((bar, place) => bar.classList.toggle("in", one !== other && place >= first && place <= last));
    return [bars[first], bars[last]];
  }
  function narrow(svg, one, other) {
    const [first, last] = show(svg, one, other);
    const words = new URLSearchParams({ q: `${svg.dataset.query} started>=${first.dataset.start} started<${last.dataset.end}`.trim() });
    if (svg.dataset.sort) words.set("sort", svg.dataset.sort);
    from = null;
    page.load(`/transactions?${words}`, { push: true });
  }
  page.ready.push((root) => root.querySelectorAll("[data-brush]").forEach((svg) => {
    links(svg).forEach((link, place) => link.setAttribute("tabindex", place ? "-1" : "0"));
  }));
  document.addEventListener("keydown", (event) => {
    const link = event.target.closest && event.target.closest("[data-brush] a");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!link) return;
    const svg = link.ownerSVGElement;
    const bars = links(svg);
    if (step || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const place = step ? bars.indexOf(link) + step : event.key === "End" ? bars.length - 1 : 0;
      const next = bars[Math.min(Math.max(place, 0), bars.length - 1)];
      from = event.shiftKey ? from || link : null;
      bars.forEach((bar) => bar.setAttribute("tabindex", bar === next ? "0" : "-1"));
      next.focus({ preventScroll: true });
      show(svg, from || next, next);
    } else if (event.key === "Enter" && from && from !== link) {
      event.preventDefault();
      narrow(svg, from, link);
    } else if (event.key === "Escape") { from = null; show(svg, link, link); }
  });
  document.addEventListener("pointerdown", (event) => {
    const link = event.target.closest && event.target.closest("[data-brush] a");
    if (!link || event.button) return;
    event.preventDefault();  // a link would be dragged away as an address
    from = link;
    dragging = true;
  });
  document.addEventListener("pointermove", (event) => {
    const link = dragging && event.target.closest && event.target.closest("[data-brush] a");
    if (link && from) show(link.ownerSVGElement, from, link);
  });
  document.addEventListener("pointerup", (event) => {
    if (!dragging) return;
    dragging = false;
    const link = event.target.closest && event.target.closest("[data-brush] a");
    if (link && from && link !== from) narrow(link.ownerSVGElement, from, link);
    else if (from) { show(from.ownerSVGElement, from, from); from = null; }
  });
}
