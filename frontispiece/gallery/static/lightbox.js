// The lightbox: what a card shows, large; of a paper with several pictures any one of them, or two to be compared.
"use strict";

const box = $("#lightbox");
let card = null;
let chosen = []; // the plates on the wall: one, or two to be compared
let isOver = false; // whether the second one lies over the first

const cards = () => [...document.querySelectorAll("main .card")];
const platesOf = (each) => [...each.querySelectorAll(".plate")];

// The address names the card that is shown, so that Back closes and a link opens it.
const SHOWN = "#large-";
let isOurs = false; // whether the entry of the history is one that opening made

function openAt(plate) {
  card = plate.closest(".card");
  show([plate]);
  if (!box.open) box.showModal();
  $("[data-close]", box).focus();
}

function openAddressed() {
  const shown = location.hash.startsWith(SHOWN) && document.getElementById(location.hash.slice(SHOWN.length));
  if (!shown) box.close();
  else if (!box.open || shown !== card) openAt(platesOf(shown)[0]);
}

addEventListener("hashchange", openAddressed);
document.addEventListener("frontispiece-hung", openAddressed); // by a search
if (location.hash.startsWith(SHOWN)) openAddressed();

function show(plates, over = false) {
  chosen = plates;
  isOver = over;
  const all = cards();
  $(".place", box).textContent = `${all.indexOf(card) + 1} of ${all.length}`;
  $(".wall", box).replaceChildren(...plates.map(framed), ...(over ? [slider()] : []));
  $(".wall", box).classList.toggle("pair", plates.length > 1 && !over);
  $(".wall", box).classList.toggle("over", over);
  $(".label", box).replaceChildren(...labelled(plates));
  $(".label", box).scrollTop = 0;
  $(".choices", box).replaceChildren(...choices());
}

function framed(plate) {
  const link = $(".mat", plate);
  const small = $("img", link);
  const image = made("img", { src: link.href, alt: small.alt });
  const [width, height] = ["width", "height"].map((name) => Number(small.getAttribute(name)));
  Object.assign(image, { width, height });
  image.style.setProperty("--ratio", width / height); // its place is kept until it has arrived
  const frame = made("div", { className: "mat" }, image);
  const caption = chosen.length > 1 ? [made("figcaption", { textContent: plate.dataset.caption })] : [];
  return made("figure", {}, frame, ...caption);
}

// Uncovers the earlier picture below the later one, from the left.
function slider() {
  const wall = $(".wall", box);
  const input = made("input", { type: "range", min: 0, max: 100, value: 50, ariaLabel: "How much of the earlier picture is shown" });
  const cut = () => wall.style.setProperty("--cut", `${input.value}%`);
  input.addEventListener("input", cut);
  cut();
  return input;
}

function labelled(plates) {
  const source = $(".source", card)?.href;
  const own = $(".title a", card)?.href;
  const copies = ["title", "byline", "gist", "summary", "tags"].map((name) => $(`.${name}`, card)?.cloneNode(true)).filter(Boolean);
  const title = made("h2", { className: "title" }, ...copies.shift().childNodes);
  const stories = plates.flatMap((plate) => {
    const story = $(".story", plate);
    const named = plates.length > 1 ? [made("h3", { textContent: plate.dataset.caption })] : [];
    return [...named, $(".prompt", story).cloneNode(true), $(".facts", story).cloneNode(true)];
  });
  const links = [
    own && made("a", { href: own, textContent: "The paper’s page" }),
    source && made("a", { href: source, rel: "external noreferrer", textContent: "Read the paper on arXiv" }),
    made("a", { href: $(".mat", plates[0]).href, textContent: "Open the picture" }),
  ];
  $(".source", copies.at(-1))?.remove();
  return [title, ...copies, made("p", { className: "links" }, ...links.filter(Boolean), keeper(card)), ...stories];
}

function choices() {
  const plates = platesOf(card);
  if (plates.length < 2) return [];
  const one = (plate, index) => choice(index ? `Before${index > 1 ? ` ${index}` : ""}` : "Now", [plate]);
  const earlier = chosen.find((plate) => plate !== plates[0]) ?? plates[1];
  const both = [earlier, plates[0]];
  return [...plates.map(one), choice("Side by side", both), choice("Slide", both, true)];
}

function choice(text, plates, over = false) {
  const button = made("button", { type: "button", textContent: text });
  const isChosen = over === isOver && plates.length === chosen.length && plates.every((plate) => chosen.includes(plate));
  button.setAttribute("aria-pressed", isChosen);
  button.addEventListener("click", () => {
    show(plates, over);
    [...$(".choices", box).children].find((each) => each.ariaPressed === "true")?.focus();
  });
  return button;
}

function neighbour(by) {
  const all = cards();
  return all[(all.indexOf(card) + by + all.length) % all.length];
}

function turnTo(other) {
  card = other;
  show([platesOf(card)[0]]);
  location.replace(SHOWN + card.id);
}

function step(by) {
  turnTo(neighbour(by));
  new Image().src = $(".mat", neighbour(by)).href; // the next one is then there already
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a.mat");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openAt(link.closest(".plate"));
  isOurs = true;
  location.hash = SHOWN + card.id;
});

box.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
  else if (event.target.closest("[data-close]") || event.target === box) box.close();
});

box.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input")) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) {
    event.preventDefault();
    step(by);
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    turnTo(cards().at(event.key === "Home" ? 0 : -1));
  }
});

// A swipe turns, too, unless it moves about in an enlarged page.
let touched = null;
$(".wall", box).addEventListener("touchstart", ({ touches }) => (touched = touches.length === 1 ? touches[0] : null), { passive: true });
$(".wall", box).addEventListener("touchend", ({ changedTouches: [end] }) => {
  if (!touched || isOver || visualViewport.scale > 1) return;
  const [across, down] = [end.clientX - touched.clientX, end.clientY - touched.clientY];
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(down)) step(across < 0 ? 1 : -1);
});

// Back to the card that was looked at last.
box.addEventListener("close", () => {
  const link = $("a.mat", chosen[0]);
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "nearest" });
  if (!location.hash.startsWith(SHOWN)) return;
  if (isOurs) history.back();
  else location.replace("#main");
  isOurs = false;
});
