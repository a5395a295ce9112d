// SPDX-License-Identifier: Apache-2.0
// Charts: plotly.js is fetched once, after the page is painted, when the first chart comes into view.
{
  let library = null;
  const plotly = () => library ||= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.plotly;
    script.onload = () => done(window.Plotly);
    script.onerror = () => { library = null; failed(new Error("plotly")); };
    document.head.append(script);
  });

  // Figures name the stylesheet's colours; each theme resolves them anew.
  function resolved(value, style) {
    if (typeof value === "string") return value.startsWith("var(") ? style.getPropertyValue(value.slice(4, -1)).trim() : value;
    if (Array.isArray(value)) return value.map((one) => resolved(one, style));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, style)]));
    return value;
  }

  async function draw(box) {
    const text = document.querySelector(`[data-figure="${CSS.escape(box.id)}"]`).textContent;
    const style = getComputedStyle(document.documentElement);
    const look = text + style.getPropertyValue("--ink");
    if (box.look === look) return;
    try {
      const Plotly = await plotly();
      const figure = resolved(JSON.parse(text), style);
      figure.layout.font.family = getComputedStyle(document.body).fontFamily;
      if (!box.classList.contains("drawn")) box.replaceChildren();
      await Plotly.react(box, figure.data, figure.layout, { displayModeBar: false, responsive: true });
      box.look = look;
      box.classList.add("drawn");
    } catch {
      const wait = box.querySelector(".chart-wait");
      if (wait) wait.textContent = "The chart could not be drawn. Its numbers are in the table below.";
    }
  }

  const watch = new IntersectionObserver((entries) => entries.forEach((entry) => { if (entry.isIntersecting) draw(entry.target); }), { rootMargin: "200px" });
  page.ready.push((root) => root.querySelectorAll("[data-chart]").forEach((box) => {
    if (box.classList.contains("drawn")) draw(box);
    watch.observe(box);
  }));
  document.addEventListener("theme", () => document.querySelectorAll("[data-chart].drawn").forEach(draw));
}
