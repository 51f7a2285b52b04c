"""The gallery in a real browser, from the disk and over HTTP: search, lightbox, theme, policy, accessibility."""

import asyncio
import functools
import hashlib
import importlib.util
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from helpers.browsing import chromium, sync_api
from helpers.papers import numbered
from helpers.real_server import PATIENCE
from helpers.stocked import NOW, painting, run

from frontispiece.archive.catalog import Catalog
from frontispiece.archive.images import Provenance, to_jpeg
from frontispiece.archive.paths import CATALOG, catalog_month, comparison_path, picture_path
from frontispiece.archive.store import Archive
from frontispiece.dates import Days
from frontispiece.gallery import layout
from frontispiece.gallery.comparison import Comparison
from frontispiece.gallery.pages import comparison_page
from frontispiece.gallery.publisher import publish
from frontispiece.letter.edition import edition
from frontispiece.letter.writing import write_letter
from frontispiece.lineart.drawing import draw
from frontispiece.lineart.plan import SCENES, plan_scene
from frontispiece.models import Outcome, Paper, Picture, Prompt, Status
from frontispiece.settings import load_settings

pytestmark = pytest.mark.browser

NEW, OLD = "0123456789abcdef", "fedcba9876543210"
DAYS = [date(2024, 10, 31), date(2024, 10, 30), date(2024, 10, 29), date(2024, 9, 30)]
TITLES = [
    "Attention Is Not All You Need",
    "Language Models can Self-Lengthen",
    '</script><script>alert(1)</script> "><img src=x onerror=alert(1)>',
    "מבחן \u202eRLM\u202c and Whales",
    "DELTA: Dense Efficient Long-range 3D Tracking for any Video",
    "A Very Long Title about Optimisation under Constraints that Nobody Has Ever Met Before, and Then Some More",
    "SambaMixer",
    "Learning Video Representations without Natural Videos",
    "Teaching Embodied Agents",
]
ABSTRACT = (
    "We study $\\ell_p$ balls, e.g. those of Erd\\H{o}s, and what whales make of them. Nobody has done so before: the "
    "sea is deep, and O($n^2$) steps are many. Our method, a lantern on a string, halves the cost of every dive. "
    "Experiments with 4,000 whales show that they read more than was thought, and remember 87\\% of it. We give code, "
    "data and the lantern to whoever asks, and discuss what remains to be found below."
)
WIDE, TABLET, PHONE = (1440, 900), (820, 1100), (390, 844)


def hanging(number: int, day: date) -> Paper:
    categories = ("cs.CL", "cs.AI") if number % 100 % 2 else ("math.PR",)
    return numbered(number, day, title=TITLES[number % 100], abstract=ABSTRACT, categories=categories, upvotes=7)


@functools.cache
def drawn(number: int, recipe: str) -> tuple[bytes, str]:
    """A drawing, and what is on it."""
    one = hanging(number, DAYS[0])
    scene = sorted(SCENES)[(3 * number + (recipe == OLD)) % len(SCENES)]
    plan = plan_scene(one, one.title).model_copy(update={"scene": scene})
    text = f"A drawing of a {scene}, with {plan.hero} in the middle. Style: linear art on white background."
    return draw(plan, number).png, text


async def outcome(archive: Archive, one: Paper, recipe: str) -> Outcome:
    drawing, text = drawn(one.listing.rank % 100, recipe)
    told = Provenance(title=one.title, paper_id=one.id, paper_url=one.url, prompt=text, recipe=recipe, writer_model="t",
                      painter="lineart", painter_model="lineart-1", created=one.folder_date)  # fmt: skip
    jpeg, width, height = to_jpeg(drawing, 85, told)
    path = picture_path(one, None if recipe == NEW else recipe)
    await archive.put(path, jpeg)
    model = "fal-ai/flux/schnell" if recipe == OLD else "lineart-1"
    sent = f"Title: {one.title} Abstract: {one.abstract}"
    return Outcome(
        paper=one,
        status=Status.DONE,
        recipe=recipe,
        prompt=Prompt(text=text, writer="template", model="template-1", request=sent, seconds=0, dollars=0.0),
        painting=painting(1).model_copy(update={"model": model}),
        picture=Picture(path=path, digest=hashlib.sha256(jpeg).hexdigest(), width=width, height=height, bytes=1),
    )


async def put_up_for_votes(archive: Archive, papers: list[Paper]) -> None:
    """The page on which both recipes are compared."""
    entries = []
    for one in papers:
        made = {recipe: (await outcome(archive, one, recipe)).picture for recipe in (OLD, NEW)}
        told = {name: getattr(one, name) for name in ("key", "id", "title", "authors", "abstract")}
        pictures = [
            {"recipe": recipe, "path": each.path, "width": each.width, "height": each.height}
            for recipe, each in made.items()
            if each
        ]
        entries.append({**told, "contenders": pictures})
    about = {"id": "0123456789ab", "day": DAYS[0], "source": "arxiv", "entries": entries}
    compared = Comparison.model_validate({**about, "recipes": {OLD: "painter=fal", NEW: "painter=lineart<br>"}})
    await archive.put(comparison_path(DAYS[0], compared.id), comparison_page(compared))


async def hung(place: Path) -> None:
    """A gallery of four days in two months; the newest day's papers also have an older picture, of another recipe."""
    archive = Archive.open(str(place))
    papers_of = {}
    for nth, day in enumerate(DAYS):
        papers = papers_of[day] = [hanging(100 * nth + number, day) for number in range(9 if nth == 0 else 5)]
        for recipe in (OLD, NEW) if nth == 0 else (NEW,):
            made = [await outcome(archive, one, recipe) for one in papers]
            at = NOW - timedelta(days=30 * (recipe == OLD))
            said = run(f"run-{recipe}", at).model_copy(update={"source": "huggingface" if nth == 2 else "arxiv"})
            await Catalog(archive).write(day, said.id, made, said)
    await publish(archive, Catalog(archive).narrow, await archive.list(CATALOG), catalog_month)
    await put_up_for_votes(archive, papers_of[DAYS[0]])
    await write_letter(
        archive, await edition(archive, Days(DAYS[0], DAYS[0]), load_settings()), load_settings(letter_papers=8)
    )


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("a gallery with spaces")
    asyncio.run(hung(place))
    return place


@contextmanager
def serving(handler: Callable[..., Quiet]) -> Iterator[str]:
    """The address of a server that answers so."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(functools.partial(Quiet, directory=str(folder))) as address:
        yield address


@pytest.fixture(scope="module")
def browser(folder: Path) -> "Iterator[sync_api.Browser]":
    sync_api.expect.set_options(timeout=PATIENCE * 1000)
    with chromium() as browser:
        yield browser


class Visit:
    """A page of the gallery, and all that must not happen on it."""

    def __init__(self, page: "sync_api.Page", base: str) -> None:
        self.page = page
        self.base = base
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)

    def _asked(self, request: "sync_api.Request") -> None:
        if not request.url.startswith(self.base):
            self.wrong.append(f"outside: {request.url}")

    def _failed(self, request: "sync_api.Request") -> None:
        if request.failure != "net::ERR_ABORTED":  # whoever turns the page waits for no pictures
            self.wrong.append(f"failed: {request.url}")

    def open(self, place: str) -> "sync_api.Page":
        self.page.goto(f"{self.base}gallery/{place}")
        return self.page


@pytest.fixture(params=["file", "http"])
def base(request: pytest.FixtureRequest, folder: Path, address: str) -> str:
    return address if request.param == "http" else f"{folder.as_uri()}/"


@pytest.fixture
def visit(browser: "sync_api.Browser", base: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, color_scheme="light")
    visit = Visit(context.new_page(), base)
    yield visit
    context.close()
    assert visit.wrong == []


PLACES = ("index.html", "day/2024-10-31.html", "month/2024-10.html", "calendar.html", "search.html?q=delta")
COMPARED = "../compare/2024-10-31-0123456789ab.html"
# How much has moved without being asked to: an observer is told of what was before it.
SHIFT = """() => new Promise((told) => {
  let moved = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
  });
  observer.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => told(moved)));
})"""


def loaded(page: "sync_api.Page", selector: str) -> None:
    """Wait until the first such image has arrived."""
    page.locator(selector).first.evaluate("image => image.decode()")


def test_a_person_turns_the_pages(visit: Visit) -> None:
    page = visit.open("index.html")
    loaded(page, ".lead img")
    page.get_by_role("link", name="All 9 pictures").click()
    sync_api.expect(page.locator(".card")).to_have_count(9)
    page.get_by_role("link", name="← 30 October").click()
    page.get_by_role("heading", name="Wednesday, 30 October 2024").wait_for()
    page.locator(".turn a[rel=next]").wait_for()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="Thursday, 31 October 2024").wait_for()
    page.get_by_role("link", name="October 2024", exact=True).click()
    loaded(page, ".weeks img")
    page.get_by_role("link", name="← September 2024").click()
    page.get_by_role("link", name="Monday, 30 September 2024: 5 pictures").click()
    page.get_by_role("heading", name="Monday, 30 September 2024").wait_for()
    page.get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="October 19 pictures").click()
    page.get_by_role("heading", name="October 2024").wait_for()


def test_the_lightbox_by_keyboard(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    page.locator("a.mat").first.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    box.get_by_text("1 of 9").wait_for()
    loaded(page, ".wall img")
    assert box.locator(".wall img").evaluate("image => image.naturalWidth") == 768
    page.keyboard.press("ArrowRight")
    sync_api.expect(box.get_by_role("heading")).to_have_text(TITLES[1])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    box.get_by_text("9 of 9").wait_for()
    page.keyboard.press("Home")
    sync_api.expect(box.get_by_role("heading")).to_have_text(TITLES[0])
    assert box.get_by_role("link", name="Read the paper on arXiv").get_attribute("href") == (
        "https://arxiv.org/abs/2410.00000"
    )
    assert "lineart-1" in box.inner_text()
    page.keyboard.press("Escape")
    sync_api.expect(box).to_be_hidden()
    sync_api.expect(page.locator(".card:first-child a.mat").first).to_be_focused()


def test_the_large_view_has_an_address_and_back_closes_it(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    before = page.url
    page.locator("a.mat").first.click()
    box = page.get_by_role("dialog")
    page.keyboard.press("ArrowRight")
    sync_api.expect(box.get_by_role("heading")).to_have_text(TITLES[1])
    assert "We study ℓₚ balls, e.g. those of Erdős" in box.inner_text()
    shown = page.url
    assert shown.startswith(f"{before}#large-")
    page.go_back()
    sync_api.expect(box).to_be_hidden()
    assert page.url == before
    page.goto("about:blank")
    page.goto(shown)
    sync_api.expect(box.get_by_role("heading")).to_have_text(TITLES[1])
    page.keyboard.press("Escape")
    sync_api.expect(box).to_be_hidden()
    page.locator(".card .title a").nth(1).click()
    page.get_by_role("heading", name="Recipes side by side").wait_for()
    loaded(page, ".recipes img")
    page.get_by_text("Cite").click()
    assert "@misc{lovelace2024language," in page.locator("pre").first.inner_text()
    page.locator("a[rel=next]").click()
    page.wait_for_url(lambda url: "/paper/" in url)
    page.locator(".like a").first.click()


def test_old_and_new_side_by_side(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    page.locator(".others a.mat").first.click()
    box = page.get_by_role("dialog")
    sync_api.expect(box.get_by_role("button", name="Before")).to_have_attribute("aria-pressed", "true")
    box.get_by_role("button", name="Side by side").click()
    images = box.locator(".wall img")
    sync_api.expect(images).to_have_count(2)
    assert len(set(images.evaluate_all("all => all.map(one => one.src)"))) == 2
    captions = box.locator("figcaption").all_inner_texts()
    assert captions == ["fal-ai/flux/schnell, 2 October 2024", "lineart-1, 1 November 2024"]
    places = images.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    assert places[0]["right"] < places[1]["left"]
    assert abs(places[0]["top"] - places[1]["top"]) < 1


def test_one_picture_slides_over_the_other(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    page.locator("a.mat").first.click()
    page.get_by_role("button", name="Slide").click()
    figures = page.locator(".wall figure")
    assert figures.count() == 2
    assert figures.nth(0).bounding_box() == figures.nth(1).bounding_box()
    slider = page.get_by_role("slider", name="How much of the earlier picture is shown")
    slider.focus()
    page.keyboard.press("End")
    assert figures.nth(1).evaluate("it => getComputedStyle(it).clipPath") == "inset(0px 0px 0px 100%)"
    page.get_by_role("button", name="Now").click()
    assert (figures.count(), slider.count()) == (1, 0)


def test_what_is_kept_is_kept_in_the_browser_until_it_is_not(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    page.locator("a.mat").nth(4).click()  # of a title that would be code
    page.get_by_role("button", name="Keep").click()
    page = visit.open("kept.html")
    assert page.locator("#kept .title").all_inner_texts() == [TITLES[2]]
    page.locator("#kept a").click()
    page.get_by_role("button", name="Kept").click()
    page = visit.open("kept.html")
    assert page.locator("#kept a").count() == 0
    page.evaluate("""localStorage.setItem("frontispiece-kept", '[{"key":"../x","thumb":"//x"},null,3]')""")
    assert visit.open("kept.html").locator("#kept a").count() == 0
    page.evaluate("""localStorage.setItem("frontispiece-kept", "{")""")
    assert visit.open("kept.html").locator("#kept a").count() == 0


def test_recipes_are_judged_blind_and_the_votes_are_kept_and_saved(browser: "sync_api.Browser", folder: Path) -> None:
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, accept_downloads=True)
    visit = Visit(context.new_page(), f"{folder.as_uri()}/")
    page = visit.open(COMPARED)
    pair = page.locator(".versus:visible")
    sides, place = pair.locator("figure"), page.locator(".progress p")

    def hung_where(recipe: str) -> str:
        return "Left" if sides.first.get_attribute("data-recipe") == recipe else "Right"

    orders = set()
    for number in range(9):  # eight votes for one recipe, by buttons and keys, and a tie
        sync_api.expect(place).to_have_text(f"Pair {number + 1} of 9")
        assert not page.get_by_text("painter=fal").first.is_visible()
        loaded(page, ".versus:not([hidden]) img")
        orders.add(hung_where(NEW))
        if number == 4:
            page.reload()
            sync_api.expect(place).to_have_text("Pair 5 of 9")
            page.keyboard.press("Backspace")
            sync_api.expect(page.get_by_role("button", name=hung_where(NEW))).to_have_attribute("aria-pressed", "true")
            page.keyboard.press(f"Arrow{hung_where(NEW)}")
            page.keyboard.press("ArrowDown")
        elif number % 2:
            page.keyboard.press(f"Arrow{hung_where(NEW)}")
        else:
            page.get_by_role("button", name=hung_where(NEW)).click()
    assert orders == {"Left", "Right"}
    sync_api.expect(page.get_by_role("heading", name="painter=lineart<br> wins")).to_be_focused()
    # 8.5 of 9: Wilson's interval reaches from 0.629 to 0.994.
    rows = page.locator(".standings tr").all_inner_texts()
    assert [row.replace("\n", "").split("\t") for row in rows] == [
        ["painter=lineart<br>", "8", "0", "1", "94 %", "63 % to 99 %"],
        ["painter=fal", "0", "8", "1", "6 %", "1 % to 37 %"],
    ]
    assert page.locator("figcaption:visible").count() == 18
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the votes").click()
    votes = json.loads(saved.value.path().read_text())
    assert (votes["comparison"], votes["recipes"][NEW]) == ("0123456789ab", "painter=lineart<br>")
    assert Counter(vote[vote["vote"]] if vote["vote"] != "tie" else "tie" for vote in votes["votes"]) == {
        NEW: 8,
        "tie": 1,
    }
    page.reload()
    sync_api.expect(page.get_by_role("heading", name="painter=lineart<br> wins")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    sync_api.expect(place).to_have_text("Pair 1 of 9")
    context.close()
    assert visit.wrong == []


def test_chance_leads_to_some_paper(visit: Visit) -> None:
    visit.open("index.html").get_by_role("button", name="A picture by chance").click()
    visit.page.wait_for_url("**/paper/*/*.html")
    loaded(visit.page, ".paper img")


def test_search_and_filters(visit: Visit) -> None:
    page = visit.open("search.html?q=SELF-lengthen")
    page.get_by_text("4 papers found.").wait_for()
    loaded(page, "#found img")
    assert page.locator("#found .title").all_inner_texts() == [TITLES[1]] * 4
    page.get_by_label("From").fill("2024-10-01")
    page.get_by_text("3 papers found.").wait_for()
    page.get_by_label("To").fill("2024-10-30")
    page.get_by_text("2 papers found.").wait_for()
    page.get_by_label("Words").fill("emilie chatelet")
    page.get_by_text("10 papers found.").wait_for()
    page.get_by_label("Category").fill("math")
    page.get_by_text("6 papers found.").wait_for()
    page.get_by_label("Source").focus()
    page.get_by_label("Source").select_option("huggingface")
    page.get_by_text("3 papers found.").wait_for()
    page.get_by_label("Recipe").select_option(OLD)
    page.get_by_text("0 papers found.").wait_for()
    visit.open("search.html")
    page.get_by_text("24 papers found.").wait_for()
    words = page.get_by_label("Words")
    # Letters changed, left out and swapped; the title weighs more than the abstract, the rare word more than the other.
    for typed in ("Sambamixre", "sambmixer", "asmbamixer"):
        words.fill(typed)
        page.get_by_text("1 paper found. Nothing has these very words; the nearest: sambamixer.").wait_for()
    words.fill("whales tracking")
    page.get_by_text("4 papers found.").wait_for()
    words.fill("whales")
    page.get_by_text("24 papers found.").wait_for()
    assert page.locator("#found .title").all_inner_texts()[:4] == ["מבחן RLM and Whales"] * 4
    words.fill('"a lantern on a string" embodied')
    page.get_by_text("1 paper found.").wait_for()
    words.fill('"lantern a on string"')
    page.get_by_text("0 papers found.").wait_for()
    words.fill("")
    page.get_by_label("Recipe").select_option(OLD)
    page.get_by_text("9 papers found.").wait_for()
    page.locator("#found a.mat").first.click()
    page.get_by_role("dialog").get_by_text("fal-ai/flux/schnell").first.wait_for()


def test_a_rare_word_costs_little(visit: Visit) -> None:
    """The list of days, a drawer for each part of the index, and what is told of the papers found."""
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url.partition("/data/")[2].partition("?")[0]))
    visit.open("search.html?q=sambamixer").get_by_text("1 paper found.").wait_for()
    assert sorted(filter(None, asked)) == ["2024-10-31.js", "days.js", "words/2024-09-s.js"]


def test_a_category_leads_to_its_papers(visit: Visit) -> None:
    page = visit.open("day/2024-10-31.html")
    page.get_by_role("link", name="math.PR").first.click()
    page.get_by_text("14 papers found.").wait_for()
    page.locator("#found .tags a").first.click()
    page.get_by_role("heading", name="Thursday, 31 October 2024").wait_for()


def test_the_theme_follows_the_system_until_somebody_chooses(visit: Visit) -> None:
    page = visit.open("index.html")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) == light
    visit.open("calendar.html")
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) == dark


def test_pages_work_without_scripts(browser: "sync_api.Browser", base: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}gallery/day/2024-10-31.html")
    page.get_by_text("How it was made").first.click()
    assert "0123456789abcdef" in page.locator(".facts").first.inner_text()
    page.locator("a.mat").first.click()
    page.wait_for_url("**/*.jpg")
    context.close()


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=lambda size: str(size[0]))
def test_nothing_sticks_out(browser: "sync_api.Browser", folder: Path, size: tuple[int, int]) -> None:
    """Nor does anything jump while a page arrives."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    for place in (*PLACES, COMPARED, layout.page_of(hanging(0, DAYS[0]).key)):
        page.goto(f"{folder.as_uri()}/gallery/{place}", wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], place
        assert page.evaluate(SHIFT) <= 0.05, place
    page.goto(f"{folder.as_uri()}/gallery/day/2024-10-31.html")
    page.locator("a.mat").first.click()
    loaded(page, ".wall img")
    right = page.locator(".wall img").evaluate("image => image.getBoundingClientRect().right")
    assert right <= size[0]
    page.emulate_media(media="print")
    assert page.locator(".grid > .card").first.evaluate("card => getComputedStyle(card).breakInside") == "avoid"
    assert not page.locator("#lightbox").is_visible()
    page.close()


class Slowly(Quiet):
    """A page arrives in two parts, the second after the first picture, when what is there may have been shown."""

    def __init__(self, *args: Any, shown: threading.Event, **options: Any) -> None:
        self._shown = shown
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        place = Path(self.directory, self.path.lstrip("/").partition("?")[0])
        if place.suffix != ".html":
            return super().do_GET()
        before, picture, rest = place.read_bytes().partition(b"</figure>")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(before + picture)
        self._shown.wait(PATIENCE)
        self.wfile.write(rest)
        return None


# What is shown at all is shown before the browser was idle so often; one that holds back what it shows never says so.
IDLE = """() => new Promise((told) => {
  let left = 20;
  const wait = () => (left-- ? requestIdleCallback(wait, { timeout: 50 }) : told());
  wait();
})"""


def test_nothing_jumps_while_a_page_arrives_slowly(browser: "sync_api.Browser", folder: Path) -> None:
    moved = {}
    shown = threading.Event()
    with serving(functools.partial(Slowly, shown=shown, directory=str(folder))) as address:
        for place in (*PLACES, COMPARED, layout.page_of(hanging(0, DAYS[0]).key)):
            shown.clear()
            page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
            page.goto(f"{address}gallery/{place}", wait_until="commit")
            page.evaluate(IDLE)
            shown.set()
            page.wait_for_load_state("load")
            moved[place] = page.evaluate(SHIFT)
            page.close()
    assert {place: by for place, by in moved.items() if by > 0.05} == {}


@pytest.mark.parametrize("size", [(1440, 1600), (1440, 900), (960, 1400), (2560, 1440)], ids=str)
def test_the_first_picture_fills_its_frame(visit: Visit, size: tuple[int, int]) -> None:
    """However high the window is."""
    page = visit.open("index.html")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    loaded(page, ".lead img")
    shape = page.locator(".lead img").evaluate("image => image.clientWidth / image.clientHeight")
    assert shape == pytest.approx(3 / 4, abs=0.01)


@pytest.mark.parametrize(("size", "columns"), [(WIDE, 2), (PHONE, 1)], ids=["desktop", "phone"])
def test_a_letter_fits_the_screen(
    browser: "sync_api.Browser", folder: Path, size: tuple[int, int], columns: int
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"{folder.as_uri()}/letters/2024-10-31/letter.html")
    loaded(page, "img")
    assert page.locator("img").count() == 8
    assert page.get_by_role("heading", name="Also of this day").count() == 1
    page.locator("h2 a").first.evaluate("title => { title.textContent = 'm'.repeat(300) }")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    lefts = page.locator(".cell").evaluate_all("cells => cells.map((cell) => cell.getBoundingClientRect().left)")
    assert len(set(lefts)) == columns
    page.close()


def test_the_first_page_is_light(browser: "sync_api.Browser", address: str) -> None:
    """What the front page needs above the fold, uncompressed: under 300 KB."""
    page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
    page.goto(f"{address}gallery/index.html", wait_until="load")
    sizes = page.evaluate(
        """() => {
          const entries = [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")];
          const below = new Set([...document.images]
            .filter((image) => image.getBoundingClientRect().top >= innerHeight).map((image) => image.currentSrc));
          return entries.filter((entry) => !below.has(entry.name)).map((entry) => [entry.name, entry.encodedBodySize]);
        }"""
    )
    page.close()
    assert 6 <= len(sizes) <= 16, sizes
    assert sum(size for _, size in sizes) < 300_000, sizes


AXE = importlib.util.find_spec("axe_playwright_python")


@pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed")
@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light wide", "dark phone"])
def test_axe_finds_nothing(browser: "sync_api.Browser", folder: Path, theme: str, size: tuple[int, int]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page.emulate_media(reduced_motion="reduce", color_scheme=theme)
    found = []

    def look(place: str) -> None:
        # Through the debugger, which the page's policy does not concern.
        results = Axe().run(page)
        assert len(results.response["passes"]) > 10
        found.extend(
            f"{place}: {wrong['id']} {wrong['help']} {[node['html'][:150] for node in wrong['nodes'][:3]]}"
            for wrong in results.response["violations"]
        )

    for place in (*PLACES, COMPARED, layout.page_of(hanging(0, DAYS[0]).key)):
        page.goto(f"{folder.as_uri()}/gallery/{place}", wait_until="load")
        look(place)
    page.goto(f"{folder.as_uri()}/letters/2024-10-31/letter.html")
    look("letter")
    page.goto(f"{folder.as_uri()}/gallery/day/2024-10-31.html", wait_until="load")
    page.locator(".story summary").first.click()
    look("story")
    page.locator("a.mat").first.click()
    look("lightbox")
    page.get_by_role("button", name="Side by side").click()
    look("side by side")
    page.close()
    assert found == []
