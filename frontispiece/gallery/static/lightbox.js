// The lightbox: what a card shows, large; of a paper with several pictures any one of them, or two side by side.
"use strict";

const box = $("#lightbox");
let card = null;
let chosen = []; // the plates on the wall: one, or two to be compared

const cards = () => [...document.querySelectorAll("main .card")];
const platesOf = (each) => [...each.querySelectorAll(".plate")];

function openAt(plate) {
  card = plate.closest(".card");
  show([plate]);
  if (!box.open) box.showModal();
  $("[data-close]", box).focus();
}

function show(plates) {
  chosen = plates;
  const all = cards();
  $(".place", box).textContent = `${all.indexOf(card) + 1} of ${all.length}`;
  $(".wall", box).replaceChildren(...plates.map(framed));
  $(".wall", box).classList.toggle("pair", plates.length > 1);
  $(".label", box).replaceChildren(...labelled(plates));
  $(".label", box).scrollTop = 0;
  $(".choices", box).replaceChildren(...choices());
}

function framed(plate) {
  const link = $(".mat", plate);
  const small = $("img", link);
  const image = made("img", { src: link.href, alt: small.alt });
  image.width = small.getAttribute("width");
  image.height = small.getAttribute("height");
  const frame = made("div", { className: "mat" }, image);
  const caption = chosen.length > 1 ? [made("figcaption", { textContent: plate.dataset.caption })] : [];
  return made("figure", {}, frame, ...caption);
}

function labelled(plates) {
  const copies = ["title", "byline", "tags"].map((name) => $(`.${name}`, card)?.cloneNode(true)).filter(Boolean);
  const title = made("h2", { className: "title" }, ...copies.shift().childNodes);
  const stories = plates.flatMap((plate) => {
    const story = $(".story", plate);
    const named = plates.length > 1 ? [made("h3", { textContent: plate.dataset.caption })] : [];
    return [...named, $(".prompt", story).cloneNode(true), $(".facts", story).cloneNode(true)];
  });
  const paper = made("a", { href: $("a", title).href, rel: "external noreferrer", textContent: "Read the paper on arXiv" });
  const file = made("a", { href: $(".mat", plates[0]).href, textContent: "Open the picture" });
  return [title, ...copies, ...stories, made("p", { className: "links" }, paper, file)];
}

function choices() {
  const plates = platesOf(card);
  if (plates.length < 2) return [];
  const one = (plate, index) => choice(index ? `Before${index > 1 ? ` ${index}` : ""}` : "Now", [plate]);
  const earlier = chosen.find((plate) => plate !== plates[0]) ?? plates[1];
  return [...plates.map(one), choice("Side by side", [earlier, plates[0]])];
}

function choice(text, plates) {
  const button = made("button", { type: "button", textContent: text });
  const isChosen = plates.length === chosen.length && plates.every((plate) => chosen.includes(plate));
  button.setAttribute("aria-pressed", isChosen);
  button.addEventListener("click", () => {
    show(plates);
    [...$(".choices", box).children].find((each) => each.ariaPressed === "true")?.focus();
  });
  return button;
}

function neighbour(by) {
  const all = cards();
  return all[(all.indexOf(card) + by + all.length) % all.length];
}

function step(by) {
  card = neighbour(by);
  show([platesOf(card)[0]]);
  new Image().src = $(".mat", neighbour(by)).href; // the next one is then there already
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a.mat");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openAt(link.closest(".plate"));
});

box.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
  else if (event.target.closest("[data-close]") || event.target === box) box.close();
});

box.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) {
    event.preventDefault();
    step(by);
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    card = cards().at(event.key === "Home" ? 0 : -1);
    show([platesOf(card)[0]]);
  }
});

// A swipe turns, too, unless it moves about in an enlarged page.
let touched = null;
$(".wall", box).addEventListener("touchstart", ({ touches }) => (touched = touches.length === 1 ? touches[0] : null), { passive: true });
$(".wall", box).addEventListener("touchend", ({ changedTouches: [end] }) => {
  if (!touched || visualViewport.scale > 1) return;
  const [across, down] = [end.clientX - touched.clientX, end.clientY - touched.clientY];
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(down)) step(across < 0 ? 1 : -1);
});

// Back to the card that was looked at last.
box.addEventListener("close", () => {
  const link = $("a.mat", chosen[0]);
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "nearest" });
});
