"use strict";
// A picture that is too wide is shown from its middle, where a flow begins.
for (const part of document.querySelectorAll("[data-middle]")) part.scrollLeft = (part.scrollWidth - part.clientWidth) / 2;
// The search: the index is fetched with the page's own script when somebody first looks for something.
(() => {
  const root = document.currentScript.dataset.root;
  const box = document.getElementById("search");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const most = 30;
  let loading = null;

  function load() {
    loading ??= new Promise((done) => {
      const script = document.createElement("script");
      script.src = root + "search-index.js";
      script.onload = () => done(window.catalogueIndex);
      document.head.append(script);
    });
    return loading;
  }

  // Each word must be in the name, the kind or the sentence; names that begin with the text come first.
  function found(index, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = ([name]) => (name === words[0] ? 0 : name.startsWith(words[0]) ? 1 : name.includes(words[0]) ? 2 : 3);
    return index
      .filter((entry) => words.every((word) => entry.slice(0, 3).join(" ").toLowerCase().includes(word)))
      .sort((a, b) => rank(a) - rank(b) || a[0].length - b[0].length);
  }

  function show(entries) {
    list.replaceChildren(...entries.slice(0, most).map(([name, kind, summary, address]) => {
      const link = document.createElement("a");
      link.href = root + address;
      const about = document.createElement("span");
      about.textContent = ` ${kind}${summary ? ": " + summary : ""}`;
      link.append(name, about);
      const item = document.createElement("li");
      item.append(link);
      return item;
    }));
    count.textContent = entries.length > most ? `${entries.length} found, ${most} shown` : `${entries.length} found`;
  }

  function clear() {
    list.replaceChildren();
    count.textContent = "";
  }

  async function search() {
    const text = box.value.trim();
    if (!text) return clear();
    const index = await load();
    if (box.value.trim() === text) show(found(index, text));
  }

  function move(event, step) {
    const stops = [box, ...list.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) { event.preventDefault(); next.focus(); }
  }

  box.addEventListener("focus", load, { once: true });
  box.addEventListener("input", search);
  box.form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  box.form.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(event, 1);
    else if (event.key === "ArrowUp") move(event, -1);
    else if (event.key === "Escape") { box.value = ""; clear(); box.focus(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); box.focus(); }
  });
  document.addEventListener("click", (event) => { if (!box.form.contains(event.target)) clear(); });
})();
