// Keeps a page as the hub has it. A part of a page that may change is a fragment, which names the events that touch
// it; the hub is asked for those parts alone, and only if they differ. Without this script the pages say the same, once.
(() => {
  "use strict";
  const main = document.querySelector("main[data-live]");
  if (!main || !window.EventSource || !window.fetch) return;

  // The least time between two rounds of questions, and how much later some readers ask than others.
  const ROUND_MS = 1000;
  const JITTER_MS = 500;
  // More rows than this are asked for as a whole board.
  const ROWS_MAX = 20;
  const stale = new Set();
  const tags = new Map();
  let timer = 0;
  let asked = 0;

  const fragments = () => [...main.querySelectorAll("[data-fragment]")];
  const named = (name) => fragments().find((part) => part.dataset.fragment === name);
  const holder = () => main.querySelector("[data-row-on]");
  const held = (part, id) => part.querySelector(`[data-key$="/${CSS.escape(id)}"]`);
  const covers = (types = "", type) =>
    types.split(" ").some((known) => known === type || (known.endsWith("*") && type.startsWith(known.slice(0, -1))));

  const touch = (type, event) => {
    const submission = event.submission ?? event.job?.split(".")[2];
    for (const part of fragments()) {
      const { fragment, challenge, submission: about, on, rowOn, heldOn } = part.dataset;
      if (challenge && event.challenge && event.challenge !== challenge) continue;
      if (about && submission && submission !== about) continue;
      if (covers(on, type)) stale.add(fragment);
      else if (submission && covers(rowOn, type)) stale.add(part.querySelector("tbody") ? `row/${submission}` : fragment);
      else if (submission && covers(heldOn, type) && held(part, submission)) stale.add(fragment);
    }
    schedule();
  };

  const touchAll = () => {
    for (const part of fragments()) stale.add(part.dataset.fragment);
    schedule();
  };

  const schedule = () => {
    if (timer || document.hidden || !stale.size) return;
    const wait = Math.max(0, asked + ROUND_MS - Date.now());
    timer = setTimeout(round, wait + Math.random() * JITTER_MS);
  };

  // What lies within another stale fragment comes with it.
  const due = () => {
    const rows = [...stale].filter((name) => name.startsWith("row/"));
    if (rows.length > ROWS_MAX && holder()) stale.add(holder().dataset.fragment);
    const comes = (part) => part && (stale.has(part.dataset.fragment) || comes(outer(part)));
    const outer = (part) => part.parentElement.closest("[data-fragment]");
    const names = [...stale].filter((name) => {
      if (name.startsWith("row/")) return holder() && !comes(holder());
      return named(name) && !comes(outer(named(name)));
    });
    stale.clear();
    return names;
  };

  async function round() {
    asked = Date.now();
    try {
      for (const name of due()) await ask(name);
    } catch {
      // The hub is away; the stream says when it is back.
    } finally {
      timer = 0;
      schedule();
    }
  }

  async function ask(name) {
    const headers = { accept: "text/html" };
    if (tags.has(name)) headers["if-none-match"] = tags.get(name);
    const address = `${location.pathname}?fragment=${encodeURIComponent(name)}`;
    const answer = await fetch(address, { cache: "no-store", headers });
    if (answer.status !== 200) return;
    const box = document.createElement("template");
    box.innerHTML = await answer.text();
    const from = name.startsWith("row/") ? held(holder(), name.slice(4)) : named(name);
    const to = box.content.firstElementChild;
    // A person who selects text keeps it.
    const selection = getSelection();
    if (from && !selection.isCollapsed && from.contains(selection.anchorNode)) return stale.add(name);
    tags.set(name, answer.headers.get("etag"));
    if (from && to) swap(from, to);
    else if (to) enter(to);
  }

  // A new row comes after those with a rank; its place among the others comes with the next ranking.
  const enter = (row) => {
    const body = holder().querySelector("tbody");
    const ranked = (known) => Number(known.querySelector(".rank").textContent) > 0;
    row.classList.add("changed");
    body.insertBefore(row, [...body.rows].find((known) => !ranked(known)) ?? null);
  };

  const keyed = (part) => [part, ...part.querySelectorAll("[data-key]")].filter((one) => one.dataset.key);

  const mark = (from, to) => {
    const texts = new Map(keyed(from).map((part) => [part.dataset.key, part.textContent]));
    for (const part of keyed(to)) {
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

  // A block says itself what it changes at the top.
  const decided = ({ height, time }) => {
    for (const part of main.querySelectorAll('[data-now="height"]')) part.textContent = height;
    for (const part of main.querySelectorAll('[data-now="time"]')) {
      part.dateTime = time;
      part.textContent = time.slice(0, 19).replace("T", " ");
    }
  };

  const events = new EventSource(main.dataset.live);
  for (const type of main.dataset.types.split(" ")) {
    events.addEventListener(type, (message) => {
      const event = JSON.parse(message.data);
      if (type === "block.decided") decided(event);
      touch(type, event);
    });
  }
  events.addEventListener("gap", touchAll);
  document.addEventListener("visibilitychange", schedule);
  addEventListener("pagehide", () => events.close());
})();
