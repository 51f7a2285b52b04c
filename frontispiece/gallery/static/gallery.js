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

// What somebody keeps stands in their browser: the newest first, each as a paper's key, title and thumbnail.
const KEPT = "frontispiece-kept";
const MOST_KEPT = 500;
const isItem = (item) => /^[0-9a-f]{16}$/.test(item?.key) && /^thumbs\/[0-9a-z/-]+\.jpg$/.test(item.thumb);

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]").filter(isItem);
  } catch {
    return []; // a browser that forbids storage, or what others have put there
  }
}

function keep(items) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(items.slice(0, MOST_KEPT)));
  } catch {
    // It then is not kept.
  }
}

function keeper(card) {
  const thumb = $("img", card).getAttribute("src").slice(root.length);
  const item = { key: card.id, title: $(".title", card).textContent.trim(), thumb };
  const has = () => kept().some(({ key }) => key === item.key);
  const button = made("button", { type: "button" });
  const name = () => {
    button.textContent = has() ? "Kept" : "Keep";
    button.setAttribute("aria-pressed", has());
  };
  button.addEventListener("click", () => {
    const others = kept().filter(({ key }) => key !== item.key);
    keep(has() ? others : [item, ...others]);
    name();
  });
  name();
  return button;
}

for (const paper of document.querySelectorAll(".card.paper")) $(".links", paper).append(keeper(paper));

$("#kept")?.append(
  ...kept().map(({ key, title, thumb }) => {
    const image = made("img", { src: root + thumb, alt: "", loading: "lazy" });
    const mat = made("span", { className: "mat" }, image);
    const named = made("span", { className: "title" }, made("bdi", { textContent: title }));
    const link = made("a", { href: `${root}paper/${key.slice(0, 2)}/${key}.html` }, mat, named);
    return made("li", { className: "alike" }, link);
  }),
);

for (const button of document.querySelectorAll("[data-chance]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { months } = await frontispiece.days();
    const days = Object.entries(months).flatMap(([month, dates]) =>
      Object.entries(dates).map(([date, [count, digest]]) => ({ day: `${month}-${date}`, count, digest })),
    );
    let left = Math.floor(Math.random() * days.reduce((sum, { count }) => sum + count, 0));
    const { day, count, digest } = days.find((each) => (left -= each.count) < 0);
    const number = left + count; // the paper's place on its day
    const page = Math.floor(number / button.dataset.chance);
    const papers = await frontispiece.part(page ? `${day}-${page + 1}` : day, digest);
    location.assign(root + papers[number % button.dataset.chance].page);
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText($("pre", button.parentElement).textContent);
    button.textContent = "Copied";
  });
}
