// Search: shards of the index are loaded month by month, the newest first, until enough is found.
"use strict";

const PAGE = 24;
const form = $("form.search");
const found = $("#found");
const verdict = $(".status");
const more = $("#more");
const shards = new Map(); // month → promise of its papers
const heard = { category: new Set(), source: new Set(), recipe: new Set() };
let search = 0; // the newest search; older ones stop

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const [name, value] of new URLSearchParams(location.search)) {
  const field = form.elements[name];
  if (!field) continue;
  if (field.tagName === "SELECT") offer(name, value, value);
  field.value = value;
}

function offer(name, value, text) {
  if (!value || heard[name].has(value)) return;
  heard[name].add(value);
  (name === "category" ? $("#categories") : form.elements[name]).append(made("option", { value, textContent: text }));
}

function papersOf(month, digest) {
  if (!shards.has(month)) shards.set(month, frontispiece.shard(month, digest).then(prepared));
  return shards.get(month);
}

function prepared(papers) {
  for (const paper of papers) {
    const words = [paper.title, ...paper.authors, ...paper.categories, ...paper.plates.map((plate) => plate.prompt)];
    paper.words = folded(words.join(" "));
    paper.categories.forEach((category) => offer("category", category, category));
    offer("source", paper.source, paper.source);
    paper.plates.forEach((plate) => offer("recipe", plate.recipe, `${plate.painter} (${plate.recipe.slice(0, 6)})`));
  }
  return papers;
}

function wanted() {
  const { q, category, from, to, source, recipe } = Object.fromEntries(new FormData(form));
  const words = folded(q).split(/\s+/).filter(Boolean);
  return {
    months: (month) => (!from || month >= from.slice(0, 7)) && (!to || month <= to.slice(0, 7)),
    paper: (paper) =>
      words.every((word) => paper.words.includes(word)) &&
      (!category || paper.categories.some((each) => each === category || each.startsWith(`${category}.`))) &&
      (!from || paper.day >= from) &&
      (!to || paper.day <= to) &&
      (!source || paper.source === source) &&
      (!recipe || paper.plates.some((plate) => plate.recipe === recipe)),
    recipe,
  };
}

async function run(enough = PAGE) {
  const mine = ++search;
  const want = wanted();
  const { shards: digests } = await index;
  const months = Object.keys(digests).sort().reverse().filter(want.months);
  const hits = new Map();
  let read = 0;
  for (const month of months) {
    if (hits.size >= enough) break;
    verdict.textContent = `Looking through ${month}…`;
    const papers = await papersOf(month, digests[month]);
    if (mine !== search) return;
    read += 1;
    // A paper that stood on two lists is one find.
    for (const paper of papers) if (want.paper(paper) && !hits.has(paper.key)) hits.set(paper.key, paper);
  }
  const papers = [...hits.values()].slice(0, enough);
  found.replaceChildren(...papers.map((paper) => hung(paper, want.recipe)));
  const isAll = read === months.length && hits.size <= enough;
  more.hidden = isAll;
  more.onclick = () => run(enough + PAGE);
  const pictures = `${papers.length} ${papers.length === 1 ? "paper" : "papers"}`;
  verdict.textContent = isAll ? `${pictures} found.` : `${pictures} shown, the newest first.`;
}

function hung(paper, recipe) {
  const card = $("#specimen").content.cloneNode(true).firstElementChild;
  const plates = [...paper.plates].sort((a, b) => (b.recipe === recipe) - (a.recipe === recipe));
  card.id = paper.key;
  const title = $(".title a", card);
  title.href = paper.url;
  $("bdi", title).textContent = paper.title;
  $(".byline bdi", card).textContent = paper.byline;
  $(".tags", card).replaceChildren(
    made("a", { href: paper.page, textContent: paper.day }),
    ...paper.categories
      .slice(0, 3)
      .map((category) => made("a", { href: `?category=${encodeURIComponent(category)}`, textContent: category })),
  );
  fill($("div.plate", card), paper, plates[0]);
  const others = $(".others", card);
  const other = $("li", others);
  others.replaceChildren(
    ...plates.slice(1).map((plate) => {
      const copy = other.cloneNode(true);
      fill(copy, paper, plate);
      return copy;
    }),
  );
  if (plates.length < 2) others.remove();
  return card;
}

function fill(element, paper, plate) {
  element.dataset.caption = plate.caption;
  const link = $(".mat", element);
  link.href = `../${plate.path}`;
  $("source", link).srcset = plate.widths.map((width) => `${plate.thumb}-${width}.webp ${width}w`).join(", ");
  const image = $("img", link);
  const alt = plate.prompt || `Picture for “${paper.title}”`;
  Object.assign(image, { src: `${plate.thumb}.jpg`, alt, width: plate.width, height: plate.height });
  image.removeAttribute("fetchpriority");
  const caption = $(".caption bdi", element);
  if (caption) caption.textContent = plate.caption;
  $(".prompt bdi", element).textContent = plate.prompt;
  $(".facts", element).replaceChildren(
    ...plate.facts.map(([label, text]) =>
      made("div", {}, made("dt", { textContent: label }), made("dd", {}, made("bdi", { textContent: text }))),
    ),
  );
}

function said() {
  const given = [...new FormData(form)].filter(([, value]) => value);
  try {
    history.replaceState(null, "", given.length ? `?${new URLSearchParams(given)}` : location.pathname);
  } catch {
    // Pages from a disk may not rename themselves everywhere.
  }
  return run();
}

const failed = () => (verdict.textContent = "The search index cannot be loaded.");
const index = frontispiece.days();
let pause = 0;
form.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => said().catch(failed), 150);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  said().catch(failed);
});
run().catch(failed);
