// Votes on pairs of pictures, whose recipes are not told before the end; they stay in this browser, or are saved.
"use strict";
{
  const page = $("#compare");
  const { comparison, day, source } = page.dataset;
  const KEY = `frontispiece-compare-${comparison}`;
  const TIE = "tie";
  const Z = 1.959964; // 95 % of a normal distribution lie within so many deviations
  const pairs = [...page.querySelectorAll(".versus")].map((element) => {
    const sides = [...element.querySelectorAll("[data-recipe]")];
    const [left, right] = sides.map((side) => side.dataset.recipe);
    const { paper, id } = element.dataset;
    return { element, sides, left, right, paper, id, name: [paper, ...[left, right].sort()].join(" ") };
  });
  const rows = [...page.querySelectorAll(".standings tr")];
  const names = Object.fromEntries(rows.map((row) => [row.dataset.recipe, $("th", row).textContent]));
  const [progress, ways, result, closer] = [".progress", ".ways", ".result"].map((each) => $(each, page)).concat($("#closer"));

  // By pair, the recipe that was chosen or a tie; and after how many votes the names were shown.
  const state = { votes: {}, named: null };
  try {
    const { votes, named } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    for (const { name, left, right } of pairs) if ([left, right, TIE].includes(votes?.[name])) state.votes[name] = votes[name];
    if (Number.isInteger(named)) state.named = named;
  } catch {
    // A browser that forbids storage, or what others have put there: the votes last for this page.
  }
  const isOpen = ({ name }) => !(name in state.votes);
  let at = pairs.findIndex(isOpen); // the pair that is shown; -1 is the result

  function kept() {
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      // They then last for this page.
    }
  }

  function wilson(share, votes) {
    if (!votes) return [0, 1];
    const room = (Z * Z) / votes;
    const middle = (share + room / 2) / (1 + room);
    const reach = (Z / (1 + room)) * Math.sqrt((share * (1 - share)) / votes + room / (4 * votes));
    return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
  }

  // How a recipe did, against all others or against one.
  function tally(recipe, other = null) {
    const sum = { won: 0, lost: 0, tied: 0 };
    for (const { name, left, right } of pairs) {
      const against = recipe === left ? right : recipe === right ? left : null;
      const vote = state.votes[name];
      if (!against || !vote || (other && other !== against)) continue;
      sum[vote === TIE ? "tied" : vote === recipe ? "won" : "lost"] += 1;
    }
    const votes = sum.won + sum.lost + sum.tied;
    const share = votes ? (sum.won + sum.tied / 2) / votes : 0;
    return { ...sum, votes, share, interval: wilson(share, votes) };
  }

  const percent = (share) => `${Math.round(100 * share)} %`;

  function fill(row, { won, lost, tied, votes, share, interval }) {
    const said = { won, lost, tied, share: votes ? percent(share) : "–" };
    for (const [name, text] of Object.entries(said)) $(`.${name}`, row).textContent = text;
    $(".words", row).textContent = votes ? `${percent(interval[0])} to ${percent(interval[1])}` : "no votes";
    const scale = $(".scale", row);
    scale.hidden = !votes;
    for (const [name, value] of [["--low", interval[0]], ["--high", interval[1]], ["--share", share]])
      scale.style.setProperty(name, `${100 * value}%`);
  }

  function duel(first, second) {
    const row = $(".standings tr", page).cloneNode(true);
    $("th", row).replaceChildren(made("bdi", { textContent: names[first] }), " against ", made("bdi", { textContent: names[second] }));
    fill(row, tally(first, second));
    return row;
  }

  function judged() {
    const recipes = Object.keys(names);
    const count = Object.keys(state.votes).length;
    const beats = (one, other) => tally(one, other).interval[0] > 0.5;
    const winner = recipes.find((one) => recipes.every((other) => other === one || beats(one, other)));
    $("h1", result).replaceChildren(...(winner ? [made("bdi", { textContent: names[winner] }), " wins"] : [count ? "No recipe wins yet" : "No votes yet"]));
    const left = pairs.length - count;
    const said = [`${count} of ${pairs.length} pairs voted on`];
    if (count && !winner) said.push(left ? "more votes may tell" : "the intervals reach across a half; more papers may tell");
    if (state.named !== null && state.named < count) said.push(`names were shown after ${state.named}, so later votes are not blind`);
    $(".standfirst", result).textContent = `${said.join("; ")}.`;
    const standing = rows.map((row) => [row, tally(row.dataset.recipe)]).sort(([, one], [, other]) => other.share - one.share);
    for (const [row, sum] of standing) {
      fill(row, sum);
      row.classList.toggle("winner", row.dataset.recipe === winner);
    }
    $(".standings", result).append(...standing.map(([row]) => row));
    const order = standing.map(([row]) => row.dataset.recipe);
    $(".duels", result)?.replaceChildren(...order.flatMap((one, place) => order.slice(place + 1).map((other) => duel(one, other))));
    $("[data-do=on]", result).hidden = !left;
  }

  function show(focused = false) {
    const count = Object.keys(state.votes).length;
    const isResult = at < 0;
    if (isResult && state.named === null) {
      state.named = count;
      kept();
    }
    page.classList.toggle("judged", isResult);
    page.classList.toggle("named", state.named !== null);
    pairs.forEach(({ element, sides, name, left, right }, place) => {
      element.hidden = isResult ? isOpen({ name }) : place !== at;
      const chosen = state.votes[name];
      [left, right].forEach((recipe, nth) => sides[nth].classList.toggle("chosen", chosen === recipe));
      for (const side of sides) $("details", side).open = state.named !== null;
    });
    $("progress", progress).value = count;
    $("p", progress).textContent = isResult ? `${count} of ${pairs.length}` : `Pair ${at + 1} of ${pairs.length}`;
    for (const part of [progress, $(".vote", page), ways]) part.hidden = isResult;
    result.hidden = !isResult;
    $("[data-do=back]", ways).disabled = at === 0;
    $("[data-do=result]", ways).hidden = !count;
    for (const button of page.querySelectorAll("[data-vote]")) {
      const vote = at >= 0 && state.votes[pairs[at].name];
      const meant = button.dataset.vote === TIE ? TIE : at >= 0 && pairs[at][button.dataset.vote];
      button.setAttribute("aria-pressed", Boolean(vote) && vote === meant);
    }
    if (isResult) {
      judged();
      if (focused) $("h1", result).focus();
    } else if (at + 1 < pairs.length) {
      for (const image of pairs[at + 1].element.querySelectorAll("img")) new Image().src = image.src; // there already
    }
    if (focused) scrollTo({ top: 0 });
  }

  function vote(side) {
    const pair = pairs[at];
    state.votes[pair.name] = side === TIE ? TIE : pair[side];
    kept();
    const next = pairs.findIndex((each, place) => place > at && isOpen(each));
    at = next < 0 ? pairs.findIndex(isOpen) : next;
    show(true);
  }

  const ACTS = {
    back: () => (at = at < 0 ? pairs.length - 1 : Math.max(0, at - 1)),
    result: () => (at = -1),
    on: () => (at = pairs.findIndex(isOpen)),
    anew() {
      state.votes = {};
      state.named = null;
      kept();
      at = 0;
    },
    export() {
      const votes = pairs.filter((pair) => !isOpen(pair)).map(({ paper, id, left, right, name }) => {
        const chosen = state.votes[name];
        return { paper, id, left, right, vote: chosen === TIE ? TIE : chosen === left ? "left" : "right" };
      });
      const said = { comparison, day, source, recipes: names, pairs: pairs.length, named_after: state.named, votes };
      const file = new Blob([`${JSON.stringify(said, null, 2)}\n`], { type: "application/json" });
      const link = made("a", { href: URL.createObjectURL(file), download: `votes-${day}-${comparison}.json` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
  };

  function act(name) {
    ACTS[name]();
    if (name !== "export") show(true);
  }

  function enlarge(image) {
    $("button", closer).replaceChildren(made("img", { src: image.src, alt: image.alt }));
    closer.showModal();
  }

  page.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.vote) vote(button.dataset.vote);
    else if (button?.dataset.do) act(button.dataset.do);
    else if (event.target.closest(".versus .mat")) enlarge($("img", event.target.closest(".mat")));
  });
  closer.addEventListener("click", () => closer.close());

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || closer.open || $("#lightbox").open) return;
    const side = { ArrowLeft: "left", ArrowDown: TIE, ArrowRight: "right" }[event.key];
    if (side && at >= 0 && !event.repeat) vote(side);
    else if (event.key === "Backspace" && (at > 0 || at < 0)) act("back");
    else return;
    event.preventDefault();
  });

  page.classList.add("live");
  show();
}
