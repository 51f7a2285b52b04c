"""The gallery: what its pages say, what leads where, and that only what changed is written."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import lxml.etree
import pytest
from fakes.pictures import of_scans
from helpers.gallery_pages import Page, script_data
from helpers.papers import numbered
from helpers.stocked import DAY, NOW, RECIPE, failure, outcome, png, run
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from frontispiece.archive.images import Provenance, to_jpeg
from frontispiece.archive.store import Archive
from frontispiece.gallery import layout
from frontispiece.gallery.cards import Card, Day, Plate, first_sentences
from frontispiece.gallery.hanging import COLUMNS, hang
from frontispiece.gallery.pages import PER_PAGE, day_files, front_files, month_files, paper_files, words_files
from frontispiece.gallery.related import related
from frontispiece.gallery.thumbnails import drawing, thumbnails
from frontispiece.models import Outcome, Status, Summary

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> ' onmouseover='alert(1)",
    "javascript:alert(1)",
    "\u202e\u2067evil\u200f {{ 7*7 }} {% raw %}",
    "]]><!-- & \u0000\u0008\u0085\ufffe \u2028 \\u003c",
)
ELSEWHERE = (
    *("https://arxiv.org/abs/", "https://arxiv.org/pdf/", "https://huggingface.co/papers/"),
    *("https://www.alphaxiv.org/abs/", "https://e.org/g/paper/"),
)
SCHEMA = lxml.etree.RelaxNG(file=Path(__file__).parents[2] / "helpers" / "atom.rng")
OWN = "0f2c6a52-6c0e-5d0c-9a55-3f5c2f1f0e7b"
ATOM = "{http://www.w3.org/2005/Atom}"


def plate(**changes: object) -> Plate:
    values: dict[str, object] = {
        "path": "pictures/20241031/6550f79d46b1945c.jpg",
        "digest": "ab" * 32,
        "width": 768,
        "height": 1024,
        "recipe": RECIPE,
        "prompt": "A whale reads.",
        "writer": "gpt-4o-mini",
        "painter": "flux",
        "seed": "42",
        "dollars": 0.0031,
        "run": "run-1",
        "finished_at": NOW,
    }
    return Plate.model_validate(values | changes)


def card(number: int = 1, **changes: object) -> Card:
    values: dict[str, object] = {
        "key": f"{number:016x}",
        "id": f"2410.{number:05}",
        "title": f"On {number} Things",
        "authors": ("Ada Lovelace",),
        "categories": ("cs.CL",),
        "abstract": "We read whales. They write back.",
        "day": DAY,
        "home": DAY,
        "source": "arxiv",
        "rank": number,
        "upvotes": 20,
        "plates": (plate(),),
    }
    return Card.model_validate(values | changes)


def day(*cards: Card) -> Day:
    return Day(day=DAY, cards=cards or (card(),), failed=0, blocked=0)


def every_page(shown: Day) -> dict[str, bytes]:
    """All pages that tell of a day."""
    files = day_files(shown) | month_files(shown.month, {shown.day: shown})
    files |= words_files(shown.month, [shown])
    files |= paper_files(shown, related([shown])[DAY], "https://e.org/g/")
    return files | front_files([shown], {shown.day: len(shown.cards)}, {shown.day: "ab"}, {shown.month: "ab"}, "", OWN)


def html(files: dict[str, bytes]) -> dict[str, Page]:
    return {place: Page(content) for place, content in files.items() if place.endswith(".html")}


def atom(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 our own


# What pages say


def test_a_papers_page_leads_to_the_strokes_of_pictures_that_have_them() -> None:
    vector = f"originals/{'cd' * 32}.svg"
    shown = day(card(plates=(plate(vector=vector), plate())), card(2))
    pages = html(every_page(shown))
    with_strokes, without = (pages[layout.paper_page(each)] for each in shown.cards)
    (link,) = [
        attributes
        for tag, attributes in with_strokes.elements
        if tag == "a" and "download" in attributes and attributes["href"] == f"../../../{vector}"
    ][:1]
    assert link["download"] == f"{shown.cards[0].key}.svg"
    assert not any("originals" in target for target in without.targets)


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "attribute", "url", "bidi", "controls"])
def test_the_words_of_strangers_stay_words(text: str) -> None:
    one = plate(prompt=text, recipe=text, writer=text, painter=text, seed=text, run=text)
    strange = {"id": text, "title": text, "authors": (text,), "categories": (text,), "source": text, "abstract": text}
    shown = day(card(**strange, plates=(one, one)))
    calm = every_page(day(card(plates=(plate(), plate()))))
    files = every_page(shown)
    for place, page in html(files).items():
        # The page has the elements it would have with plain words, each with the same attributes.
        expected = [(tag, sorted(attributes)) for tag, attributes in html(calm)[place].elements]
        assert [(tag, sorted(attributes)) for tag, attributes in page.elements] == expected
        assert not [target for target in page.targets if target.lower().startswith("javascript")]
        assert "49" not in page.text.split()
    for place, content in files.items():
        if place.startswith("data/"):
            assert content.isascii()
            script_data(content)
    assert atom(files[layout.FEED]).findall(f"{ATOM}entry")


@settings(max_examples=40)
@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_makes_a_whole_page(text: str, names: list[str]) -> None:
    try:
        shown = day(card(title=text, authors=tuple(names), categories=tuple(names), plates=(plate(prompt=text),)))
    except ValueError:
        return  # halves of characters, which no Parquet file holds
    files = every_page(shown)
    (page,) = (page for place, page in html(files).items() if place.startswith("day/"))
    assert shown.cards[0].title in page.text
    assert atom(files[layout.FEED]).find(f"{ATOM}entry/{ATOM}title") is not None
    ((_, papers),) = [script_data(files[layout.day_data(shown.day)])]
    assert papers[0]["title"] == shown.cards[0].title  # type: ignore[index]


def test_pages_have_a_strict_policy_and_nothing_inline() -> None:
    for page in html(every_page(day())).values():
        (policy,) = [
            attributes["content"]
            for tag, attributes in page.elements
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
        assert "unsafe" not in policy
        for tag, attributes in page.elements:
            assert tag != "style"
            # Of data a browser runs nothing.
            assert tag != "script" or attributes.get("src") or attributes["type"] == "application/ld+json"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_pages_ask_no_other_host() -> None:
    for page in html(every_page(day())).values():
        for tag, attributes in page.elements:
            for name in ("href", "src", "srcset", "action"):
                if "//" in attributes.get(name, ""):
                    assert (tag, name) in {("a", "href"), ("link", "href")}
                    assert attributes[name].startswith(ELSEWHERE)


def test_every_page_thanks_arxiv_and_speaks_of_its_pictures() -> None:
    for page in html(every_page(day(card(plates=(plate(prompt=""),))))).values():
        assert "Thank you to arXiv for use of its open access interoperability." in page.text
        assert all("alt" in attributes for tag, attributes in page.elements if tag == "img")
    assert card(plates=(plate(prompt=""),)).alt(plate(prompt="")) == "Picture for “On 1 Things”"
    assert len(card().alt(plate(prompt="word " * 1000))) <= 421


def test_a_card_tells_how_the_picture_came_to_be() -> None:
    files = day_files(day(card(), card(2, plates=(plate(dollars=None, seed=None), plate(dollars=0.0)))))
    content = files[layout.day_page(DAY)]
    text = Page(content).text
    for said in ("On 1 Things", "Ada Lovelace", "A whale reads.", "flux", "gpt-4o-mini", "42", "$0.0031", RECIPE):
        assert said in text
    assert "unknown" in text
    assert "free" in text
    assert "20 votes" in text


def test_the_day_mentions_papers_without_a_picture() -> None:
    content = day_files(Day(day=DAY, cards=(card(),), failed=2, blocked=1))[layout.day_page(DAY)]
    assert "1 paper with a picture, 2 still without one, 1 refused by a painter." in Page(content).text


def test_a_day_of_hundreds_has_pages() -> None:
    shown = day(*(card(number) for number in range(300)))
    files = day_files(shown)
    pages = [place for place in files if place.endswith(".html")]
    assert len(pages) == -(-300 // PER_PAGE)
    links = Page(files["day/2024-10-31-2.html"]).targets
    assert {f"../{place}" for place in pages} <= set(links)
    for place, content in files.items():
        assert len(content) < 150_000, place
    (_, papers) = script_data(files[layout.day_data(DAY, 2)])
    assert papers[0]["key"] == f"{PER_PAGE:016x}"  # type: ignore[index]


@pytest.mark.parametrize("site_url", ["", "https://e.org/g/"], ids=["relative", "absolute"])
@pytest.mark.parametrize(
    "place", [layout.FEED, layout.category_feed("cs.CL"), "feed/cs.xml"], ids=["all", "category", "field"]
)
def test_the_feed_is_atom(site_url: str, place: str) -> None:
    """By the rules of a validator: ids that are URIs, times, one self and one alternate, lengths of enclosures."""
    files = front_files([day(card(plates=(plate(bytes=1234),)))], {DAY: 1}, {DAY: "ab"}, {}, site_url, OWN)
    feed = atom(files[place])
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    for each in (feed, entry):
        assert (each.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert each.findtext(f"{ATOM}title")
        # The list's second has come a millisecond before its first.
        assert each.findtext(f"{ATOM}updated") == "2024-11-01T06:06:59.999000+00:00"
        assert len(each.findall(f"{ATOM}link[@rel='alternate']")) == 1
    base = site_url or "../" * place.count("/")
    links = {
        link.get("rel"): link for link in [*feed.findall(f"{ATOM}link[@rel='self']"), *entry.findall(f"{ATOM}link")]
    }
    assert links["self"].get("href") == f"{base}{place}"
    assert links["alternate"].get("href") == f"{base}{layout.paper_page(card())}"
    assert links["enclosure"].get("length") == "1234"
    inside = Page((entry.findtext(f"{ATOM}content") or "").encode())
    picture = "https://e.org/pictures" if site_url else f"{base}../pictures"
    assert [told["src"] for tag, told in inside.elements if tag == "img"] == [
        f"{picture}/20241031/6550f79d46b1945c.jpg"
    ]
    assert entry.findtext(f"{ATOM}summary") == "We read whales. They write back."
    assert not {layout.category_feed("cs.LG"), "feed/..-x.xml"} & files.keys()


@pytest.mark.parametrize("site_url", ["", "https://e.org/g/"], ids=["relative", "absolute"])
@pytest.mark.parametrize(
    "cards",
    [
        (),
        tuple(card(number, plates=(plate(bytes=1), plate(recipe="b" * 16))) for number in range(3)),
        tuple(
            card(number, id=text, title=text, authors=(text, ""), categories=("cs.CL", text), abstract=text)
            for number, text in enumerate(HOSTILE)
        ),
        (card(title="", authors=(), abstract="", categories=(), plates=(plate(prompt=""),)),),
    ],
    ids=["nothing", "some", "of strangers", "of little"],
)
def test_every_feed_keeps_the_rules_of_atom(site_url: str, cards: tuple[Card, ...]) -> None:
    """Those of RFC 4287, and what the W3C's validator warns of besides."""
    files = front_files([day(*cards)] if cards else [], {}, {}, {}, site_url, OWN)
    feeds = {place: lxml.etree.fromstring(content) for place, content in files.items() if place.endswith(".xml")}
    assert layout.FEED in feeds
    for place, feed in feeds.items():
        SCHEMA.assertValid(feed)
        entries = feed.findall(f"{ATOM}entry")
        assert len(entries) == len(cards)
        for name in ("id", "updated"):
            told = [each.findtext(f"{ATOM}{name}") for each in entries]
            assert len(told) == len(set(told)), f"{name}: {told}"
        times = [datetime.fromisoformat(each.text) for each in feed.iter(f"{ATOM}updated", f"{ATOM}published")]
        assert all(datetime(2020, 1, 1, tzinfo=UTC) < time <= datetime.now(UTC) for time in times)
        assert times[0] == max(times)
        # Whoever sorts by time has the list's order.
        order = [datetime.fromisoformat(each.findtext(f"{ATOM}updated") or "") for each in entries]
        assert order == sorted(order, reverse=True)
        if site_url:
            assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{site_url}{place}"
            assert all(link.get("href").startswith("https://") for link in feed.iter(f"{ATOM}link"))


# From rows to days


def rows(*outcomes: Outcome, name: str = "run-1", hours: int = 0) -> list[dict[str, object]]:
    from frontispiece.archive.catalog import rows as table

    made = table(outcomes, run(name, NOW + timedelta(hours=hours))).select(list(COLUMNS)).to_pylist()
    return list(made)


def hung(*lists: list[dict[str, object]]) -> dict[date, Day]:
    days, problems = hang([row for each in lists for row in each], date(2024, 10, 1), date(2024, 10, 31))
    assert problems == []
    return days


async def test_the_newest_row_of_a_recipe_holds_and_recipes_stand_together() -> None:
    made = await outcome(Archive.open("memory://"), 1)
    by_other = made.model_copy(update={"recipe": "fedcba9876543210"})
    failed = failure(1)
    skipped = made.model_copy(update={"status": Status.SKIPPED, "prompt": None, "painting": None})
    days = hung(
        rows(made), rows(by_other, name="run-2", hours=1), rows(made, name="run-3", hours=2),
        rows(failed, name="run-4", hours=3), rows(skipped, name="run-5", hours=4),
    )  # fmt: skip
    (one,) = days[DAY].cards
    assert [(each.recipe, each.run) for each in one.plates] == [(RECIPE, "run-3"), ("fedcba9876543210", "run-2")]
    assert one.plates[0].dollars == pytest.approx(0.0031)
    assert (days[DAY].failed, days[DAY].blocked) == (0, 0)


async def test_a_paper_listed_again_hangs_on_both_days_with_what_is_known() -> None:
    made = await outcome(Archive.open("memory://"), 1)
    listed = numbered(1, DAY - timedelta(days=1))
    again = made.model_copy(
        update={"paper": listed, "status": Status.SKIPPED, "reason": "archived", "prompt": None, "painting": None}
    )
    days = hung(rows(made), rows(again, name="run-2", hours=1))
    assert {each: days[each].cards[0].plates[0].prompt for each in days} == {
        DAY: "Draw 1 things.",
        listed.listing.day: "Draw 1 things.",
    }


def test_days_without_pictures_tell_of_failures_and_refusals() -> None:
    days = hung(rows(failure(1), failure(2, "Blocked")), rows(failure(3), failure(1, "Blocked"), name="r2", hours=1))
    assert (days[DAY].cards, days[DAY].failed, days[DAY].blocked) == ((), 1, 2)


@pytest.mark.parametrize(
    "changes",
    [{"picture_path": "../../etc/passwd"}, {"picture_digest": "x"}, {"picture_width": 0}, {"paper_key": "x"}],
    ids=lambda changes: next(iter(changes)),
)
async def test_an_unfit_row_is_left_out_and_named(changes: dict[str, object]) -> None:
    (row,) = rows(await outcome(Archive.open("memory://"), 1))
    days, problems = hang([row | changes], DAY, DAY)
    assert not days
    assert len(problems) == 1
    assert "'2410.00001' of 2024-11-01 is left out" in problems[0]


@pytest.mark.parametrize(
    "request_",
    [
        "Title: '{t}' Text: '{a}'",
        "Title: {t} Abstract: {a}",
        "Describe.\nabc\nTitle: {t}\n\nAbstract: {a}\nabc",
        "{t}\n{a}",
    ],
    ids=["seed", "template", "fenced", "a style of its own"],
)
@pytest.mark.parametrize("abstract", ["We show: $x^2$, “it's” 'so'. And: more", ""], ids=["some", "none"])
async def test_the_abstract_is_read_out_of_what_the_writer_was_sent(request_: str, abstract: str) -> None:
    made = await outcome(Archive.open("memory://"), 1)
    assert made.prompt is not None
    paper = made.paper.model_copy(update={"abstract": abstract})
    sent = request_.format(t=paper.title, a=abstract or paper.title)
    told = made.model_copy(
        update={"paper": paper, "prompt": made.prompt.model_copy(update={"request": sent})},
    )
    (one,) = hung(rows(told))[DAY].cards
    assert one.abstract == abstract.replace("$x^2$", "x²")
    unknown = made.model_copy(update={"paper": paper, "prompt": None})
    assert hung(rows(unknown))[DAY].cards[0].abstract == ""


async def test_what_a_list_says_of_a_paper_is_shown_as_its_words() -> None:
    made = await outcome(Archive.open("memory://"), 1)
    words = Summary(text="Whales <b>read</b> $x^2$.", by="an AI at a list")
    listing = made.paper.listing.model_copy(update={"summary": words})
    told = made.model_copy(update={"paper": made.paper.model_copy(update={"listing": listing})})
    # A later row tells nothing of it: the paper was listed by somebody else.
    days = hung(rows(told), rows(made, name="run-2", hours=1))
    pages = day_files(days[DAY]) | paper_files(days[DAY], {}, "") | front_files([days[DAY]], {}, {}, {}, "", OWN)
    for place in (layout.day_page(DAY), layout.paper_page(days[DAY].cards[0]), layout.INDEX):
        assert "Whales <b>read</b> x². Summary by an AI at a list" in Page(pages[place]).text
    assert not any(b"Summary by" in page for page in every_page(day()).values())


def test_a_quote_ends_with_a_sentence() -> None:
    text = "We read e.g. whales by J. Smith et al. It works. " + "And so on and on, " * 40
    assert first_sentences(text, 100) == "We read e.g. whales by J. Smith et al. It works."
    assert first_sentences("word " * 100, 50).endswith("word…")


def test_a_paper_has_a_page_that_others_can_cite_and_show() -> None:
    one = card(
        title=r"On $\alpha$ \& {Whales}",
        authors=(r"P. Erd\H{o}s", "Ada Lovelace"),
        plates=(plate(), plate(recipe="b" * 16)),
    )
    shown = day(card(), one, card(3))
    (content,) = (
        content
        for place, content in paper_files(shown, related([shown])[DAY], "https://e.org/g/").items()
        if place == layout.paper_page(one)
    )
    page = Page(content)
    assert "https://e.org/pictures/20241031/6550f79d46b1945c.jpg" in [
        told["content"] for _, told in page.elements if told.get("property") == "og:image"
    ]
    assert [told["href"] for _, told in page.elements if told.get("rel") == "canonical"] == [
        f"https://e.org/g/{layout.paper_page(one)}"
    ]
    assert "@misc{erdos2024on," in page.text
    assert r"title = {On α \& Whales}" in page.text
    assert "author = {P. Erdős and Ada Lovelace}" in page.text
    assert "AU  - Ada Lovelace" in page.text
    (told,) = re.findall(rb'ld\+json">(.*?)</script>', content)
    assert json.loads(told)["headline"] == "On α & Whales"
    assert {f"../../{layout.paper_page(each)}" for each in (card(), card(3))} <= set(page.targets)
    without = paper_files(shown, {}, "")[layout.paper_page(one)]
    assert b"og:image" not in without
    assert b"canonical" not in without


# Thumbnails


@pytest.mark.parametrize("width", [200, 400, 768])
def test_thumbnails_are_smaller_never_larger(width: int) -> None:
    provenance = Provenance(title="", paper_id="", paper_url="", prompt="", recipe="", writer_model="", painter="",
                  painter_model="", created=DAY)  # fmt: skip
    content, _, _ = to_jpeg(_resized(width), 85, provenance)
    one = plate(width=width, height=width)
    made = thumbnails(one, content)
    assert made is not None
    assert list(made) == layout.thumbs(one)
    sizes = {place: Image.open(_file(each)).width for place, each in made.items()}
    assert sizes == {layout.webp(one, each): each for each in layout.widths(one)} | {
        layout.fallback(one): min(width, layout.FALLBACK_WIDTH)
    }


def test_of_a_line_drawing_the_widest_has_every_dot_and_others_few_greys() -> None:
    sketch = Image.new("RGB", (768, 64), "white")
    ImageDraw.Draw(sketch).line([(0, 0), (767, 63)], (24, 23, 30), 3)
    sketch = sketch.rotate(5, Image.Resampling.BICUBIC, fillcolor="white").quantize(60)
    file = _file()
    sketch.save(file, "PNG")
    one = plate(height=64)
    made = thumbnails(one, file.getvalue(), drawn=True)
    assert made is not None
    narrow, wide = (Image.open(_file(made[layout.webp(one, width)])) for width in layout.widths(one))
    assert wide.tobytes() == sketch.convert("RGB").tobytes()
    greys = set(narrow.tobytes())
    assert (min(greys), max(greys)) == (23, 255)
    assert 4 < len(greys) <= 12


def _resized(width: int) -> bytes:
    file = _file()
    Image.open(_file(png(1))).resize((width, width)).save(file, "PNG")
    return file.getvalue()


def _file(content: bytes = b""):  # type: ignore[no-untyped-def]
    import io

    return io.BytesIO(content)


@pytest.mark.parametrize("content", [b"", b"not a picture", png(1), b"\xff\xd8\xff" + bytes(50), of_scans(500)])
def test_what_is_no_picture_has_no_thumbnails(content: bytes) -> None:
    assert thumbnails(plate(), content) is None


def test_what_a_line_drawing_is_shown_by_is_the_painters_to_say() -> None:
    png, jpeg = (f"originals/{'a' * 64}.{kind}" for kind in ("png", "jpg"))
    asked = [("lineart", png), ("lineart", jpeg), ("fal", png), ("nobody's", png), (None, png), ("lineart", None)]
    assert [drawing(painter, original) for painter, original in asked] == [png, None, None, None, None, None]
