// Data, theme, and turning from day to day. Every page works without it, as plain links.
"use strict";

const root = document.documentElement.dataset.root;
const $ = (selector, within = document) => within.querySelector(selector);

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// Data comes as scripts that call back here: a page opened from a disk may not fetch.
const waiting = new Map();
const frontispiece = (window.frontispiece = {
  days: () => loaded("days", `${root}data/days.js`),
  part: (name, digest) => loaded(name.split("/").at(-1), `${root}data/${name}.js?v=${digest}`),
  arrived: (name, data) => waiting.get(name)?.(data),
});

function loaded(name, src) {
  return new Promise((resolve, reject) => {
    waiting.set(name, resolve);
    const script = made("script", { src });
    script.onerror = () => reject(new Error(`${src} cannot be loaded`));
    script.onload = () => script.remove();
    document.head.append(script);
  });
}

// Theme: the system's, until somebody chooses.
const toggle = $("#theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const nameToggle = () => (toggle.textContent = isDark() ? "Light" : "Dark");
toggle.hidden = false;
nameToggle();
system.addEventListener("change", nameToggle);
toggle.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  nameToggle();
  try {
    localStorage.setItem("frontispiece-theme", theme);
  } catch {
    // It then lasts for this page.
  }
});

// Turning to the day or month before and after: pages don't name their neighbours, or each new day would rewrite them.
const turn = $(".turn");
if (turn) {
  const day = turn.dataset.day;
  const here = day ?? turn.dataset.month;
  frontispiece
    .days()
    .then(({ months }) => {
      const all = Object.keys(months).sort();
      const places = day ? all.flatMap((month) => Object.keys(months[month]).sort().map((d) => `${month}-${d}`)) : all;
      const at = places.indexOf(here);
      const link = (place, rel) => {
        if (!place) return made("span");
        const [year, month, date] = place.split("-").map(Number);
        const when = new Date(year, month - 1, date || 1);
        const named = date ? { day: "numeric", month: "long" } : { month: "long", year: "numeric" };
        if (year !== Number(here.slice(0, 4))) named.year = "numeric";
        const text = when.toLocaleDateString("en-GB", named);
        return made("a", {
          href: `${root}${day ? "day" : "month"}/${place}.html`,
          rel,
          textContent: rel === "prev" ? `← ${text}` : `${text} →`,
        });
      };
      // A paper's page names its neighbours of the same day itself.
      turn.replaceChildren(
        $("[rel=prev]", turn) ?? link(places[at - 1], "prev"),
        $("[rel=next]", turn) ?? link(places[at + 1], "next"),
      );
    })
    .catch(() => {}); // it stays as it is
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if ($("#lightbox").open || event.target.closest("input, select, textarea")) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (rel) $(`.turn a[rel=${rel}]`)?.click();
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText($("pre", button.parentElement).textContent);
    button.textContent = "Copied";
  });
}
