// Search: the drawers of the index that hold the words are loaded, then what is told of the papers that are shown.
"use strict";

const PAGE = 24;
const PER_PAGE = Number($("form.search").dataset.perPage);
const MOST_READ = 400; // papers that are read for a phrase
const form = $("form.search");
const found = $("#found");
const verdict = $(".status");
const more = $("#more");
const drawers = new Map(); // name → promise of its words
const told = new Map(); // place → promise of papers
const heard = { category: new Set(), source: new Set(), recipe: new Set() };
let search = 0; // the newest search; older ones stop

const STOP = new Set(form.dataset.stop.split(" "));
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const SIGN = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/;
const wordsOf = (text) =>
  (folded(text).match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) =>
    SIGN.test(word) ? word.match(/[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+/g) : [word],
  );
const drawerOf = (word) => (/^[a-z]/.test(word) ? word[0] : /^[0-9]/.test(word) ? "0" : "_");

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

// Papers are numbered through all days, the oldest first; each part of the index begins at one of these numbers.
async function arranged() {
  const { months, parts } = await frontispiece.days();
  const days = [];
  const starts = new Map();
  let number = 0;
  for (const month of Object.keys(months).sort()) {
    if (parts[month]) starts.set(month, number);
    for (const date of Object.keys(months[month]).sort()) {
      const [count, digest] = months[month][date];
      days.push({ day: `${month}-${date}`, first: number, digest });
      number += count;
    }
  }
  return { days, count: number, parts: [...starts].map(([name, start]) => ({ name, start, digest: parts[name] })) };
}

// Of all parts: by word, the papers that have it and how much it weighs there.
function opened(drawer) {
  if (!drawers.has(drawer)) drawers.set(drawer, index.then(({ parts }) => Promise.all(parts.map(one))).then(joined));
  return drawers.get(drawer);
  async function one({ name, start, digest }) {
    return [start, await frontispiece.part(`words/${name}-${drawer}`, digest)];
  }
}

function joined(parts) {
  const all = new Map();
  for (const [start, words] of parts) {
    for (const [word, steps] of Object.entries(words)) {
      let number = start;
      const papers = all.get(word) ?? all.set(word, new Map()).get(word);
      for (const step of steps) papers.set((number += step >> 3), step & 7);
    }
  }
  return all;
}

// How many letters have to be put in, left out, changed or swapped; more than `most` is not counted.
function apart(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let [before, last] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > most) return most + 1;
    [before, last] = [last, row];
  }
  return last[other.length];
}

// The papers with a word, or one that begins with it; where there is none, with the words nearest to it.
async function having(word) {
  const papers = new Map();
  const add = (weights, factor) => {
    for (const [paper, weight] of weights) papers.set(paper, Math.max(papers.get(paper) ?? 0, weight * factor));
  };
  const words = await opened(drawerOf(word));
  for (const [other, weights] of words) {
    if (other === word) add(weights, 1);
    else if (word.length > 2 && other.startsWith(word)) add(weights, 0.6);
  }
  const most = word.length < 4 || /^[0-9]/.test(word) ? 0 : word.length < 8 ? 1 : 2;
  for (const drawer of new Set([drawerOf(word), drawerOf(word.slice(1) || word)])) {
    if (papers.size || !most) break;
    const near = [...(await opened(drawer))].map(([other, weights]) => [apart(word, other, most), other, weights]);
    const least = Math.min(...near.map(([distance]) => distance));
    if (least > most) continue;
    for (const [, other, weights] of near.filter(([distance]) => distance === least)) {
      add(weights, 0.5);
      papers.instead = [...(papers.instead ?? []), other];
    }
  }
  return papers;
}

function asked() {
  const values = Object.fromEntries(new FormData(form));
  const phrases = [...values.q.matchAll(/["“”„]([^"“”„]+)["“”„]/g)].map(([, phrase]) => wordsOf(phrase).join(" ")).filter(Boolean);
  const all = [...new Set(wordsOf(values.q))];
  const telling = all.filter((word) => !STOP.has(word));
  return { ...values, phrases, words: telling };
}

// What papers can be chosen by, each with its papers.
async function facets() {
  const all = [];
  for (const [name, papers] of await opened("facets")) {
    const [kind, value, ...rest] = name.split(" ");
    offer(kind, value, kind === "recipe" ? `${rest.join(" ")} (${value.slice(0, 6)})` : value);
    all.push({ kind, value, papers });
  }
  return all;
}

// Whether a paper is one of those chosen.
async function narrowing({ category, source, recipe, from, to }) {
  const { days } = await index;
  const first = from ? (days.find(({ day }) => day >= from)?.first ?? Infinity) : 0;
  const end = to ? (days.find(({ day }) => day > to)?.first ?? Infinity) : Infinity;
  const kinds = Object.entries({ category, source, recipe }).filter(([, wanted]) => wanted);
  const sets = [];
  for (const [kind, wanted] of kinds) {
    const meant = (await facets()).filter(
      (facet) => facet.kind === kind && (facet.value === wanted || (kind === "category" && facet.value.startsWith(`${wanted}.`))),
    );
    sets.push(new Set(meant.flatMap(({ papers }) => [...papers.keys()])));
  }
  return (paper) => paper >= first && paper < end && sets.every((set) => set.has(paper));
}

async function everyPaper() {
  return (await facets()).filter(({ kind }) => kind === "source").flatMap(({ papers }) => [...papers.keys()]);
}

// The papers that are meant, the best first; of those as good the newest.
async function ranked(want) {
  const { count } = await index;
  const [isChosen, ...lists] = await Promise.all([narrowing(want), ...want.words.map(having)]);
  const papers = (lists.length ? [...lists[0].keys()] : await everyPaper()).filter(isChosen);
  const rarity = lists.map((list) => Math.log(1 + count / (1 + list.size)));
  const score = (paper) => lists.reduce((sum, list, at) => sum + rarity[at] * list.get(paper), 0);
  const hits = papers.filter((paper) => lists.every((list) => list.has(paper))).map((paper) => [score(paper), paper]);
  hits.sort(([one, first], [other, second]) => other - one || second - first);
  return { hits: hits.map(([, paper]) => paper), instead: lists.flatMap((list) => list.instead ?? []) };
}

async function paperOf(number) {
  const { days } = await index;
  let [low, high] = [0, days.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (days[middle].first <= number) low = middle;
    else high = middle;
  }
  const { day, first, digest } = days[low];
  const page = Math.floor((number - first) / PER_PAGE);
  const place = page ? `${day}-${page + 1}` : day;
  if (!told.has(place)) told.set(place, frontispiece.part(place, digest));
  return (await told.get(place))[(number - first) % PER_PAGE];
}

function says(paper, phrase) {
  const words = [paper.title, paper.byline, paper.abstract, ...paper.plates.map((plate) => plate.prompt)];
  return words.some((text) => ` ${wordsOf(text).join(" ")} `.includes(` ${phrase} `));
}

async function run(enough = PAGE) {
  const mine = ++search;
  const want = asked();
  verdict.textContent = "Searching…";
  let { hits, instead } = await ranked(want);
  let isAll = true;
  if (want.phrases.length) {
    isAll = hits.length <= MOST_READ;
    const read = await Promise.all(hits.slice(0, MOST_READ).map(async (number) => [number, await paperOf(number)]));
    hits = read.filter(([, paper]) => want.phrases.every((phrase) => says(paper, phrase))).map(([number]) => number);
  }
  const papers = await Promise.all(hits.slice(0, enough).map(paperOf));
  if (mine !== search) return;
  found.replaceChildren(...papers.map((paper) => hung(paper, want.recipe)));
  more.hidden = hits.length <= enough;
  more.onclick = () => run(enough + PAGE);
  const count = hits.length.toLocaleString("en-GB");
  const meant = instead.length ? ` Nothing has these very words; the nearest: ${instead.slice(0, 5).join(", ")}.` : "";
  verdict.textContent = `${isAll ? "" : "At least "}${count} ${hits.length === 1 ? "paper" : "papers"} found.${meant}`;
  document.dispatchEvent(new Event("frontispiece-hung"));
}

function hung(paper, recipe) {
  const card = $("#specimen").content.cloneNode(true).firstElementChild;
  const plates = [...paper.plates].sort((a, b) => (b.recipe === recipe) - (a.recipe === recipe));
  card.id = paper.key;
  const title = $(".title a", card);
  title.href = paper.page;
  $("bdi", title).textContent = paper.title;
  $(".byline bdi", card).textContent = paper.byline;
  $(".gist bdi", card).textContent = paper.abstract;
  const source = $(".source", card);
  source.href = paper.url;
  $(".tags", card).replaceChildren(
    made("a", { href: `day/${paper.day}.html`, textContent: paper.day }),
    ...paper.categories
      .slice(0, 3)
      .map((category) => made("a", { href: `?category=${encodeURIComponent(category)}`, textContent: category })),
    source,
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
const index = arranged();
let pause = 0;
form.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => said().catch(failed), 150);
});
form.addEventListener("focusin", (event) => event.target.id !== "q" && facets().catch(failed));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  said().catch(failed);
});
run().catch(failed);
