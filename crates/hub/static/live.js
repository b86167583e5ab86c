// Keeps <main> as the hub has it: every event of interest fetches this page again and swaps its <main>.
// Without this script the pages say the same, once.
(() => {
  "use strict";
  const first = document.querySelector("main[data-live]");
  if (!first || !window.EventSource || !window.fetch) return;

  const SOON_MS = 500;
  // Blocks come often and change only the numbers at the top.
  const BLOCK_MS = 3000;
  let timer = 0;
  let due = Infinity;
  let busy = false;

  const schedule = (wait) => {
    const at = Date.now() + wait;
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(refresh, wait);
  };

  const mark = (from, to) => {
    const texts = new Map();
    for (const part of from.querySelectorAll("[data-key]")) texts.set(part.dataset.key, part.textContent);
    for (const part of to.querySelectorAll("[data-key]")) {
      if (texts.get(part.dataset.key) !== part.textContent) part.classList.add("changed");
    }
  };

  // What a person did to the page stays: where they stand, and how far they moved a table.
  const swap = (from, to) => {
    mark(from, to);
    const focus = from.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const moved = [...from.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
    from.replaceWith(document.adoptNode(to));
    [...to.querySelectorAll(".scroll")].forEach((part, index) => (part.scrollLeft = moved[index] || 0));
    if (focus) to.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  };

  async function refresh() {
    due = Infinity;
    if (document.hidden) return;
    if (busy) return schedule(SOON_MS);
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      const here = document.querySelector("main");
      // A person who selects text keeps it.
      const selection = getSelection();
      if (!selection.isCollapsed && here.contains(selection.anchorNode)) return schedule(BLOCK_MS);
      swap(here, next);
    } catch {
      // The hub is away; the stream says when it is back.
    } finally {
      busy = false;
    }
  }

  const events = new EventSource(first.dataset.live);
  for (const type of first.dataset.types.split(" ")) {
    events.addEventListener(type, () => schedule(type === "block.decided" ? BLOCK_MS : SOON_MS));
  }
  events.addEventListener("gap", () => schedule(SOON_MS));
  let opened = false;
  events.addEventListener("open", () => {
    if (opened) schedule(SOON_MS);
    opened = true;
  });
  document.addEventListener("visibilitychange", () => document.hidden || schedule(0));
  addEventListener("pagehide", () => events.close());
})();
