"""The sample that ships with the project keeps what it promises (data/sample/README.md)."""

import json
import re
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from frontispiece.settings import load_settings
from frontispiece.sources.snapshot import SAMPLE, Snapshot

SEED = "2410.24175"
NEWEST = date(2024, 10, 31)
NINE_DAYS = [NEWEST - timedelta(days=8 - number) for number in range(9)]
LOG = (Path(__file__).parents[2] / "seed-log.txt").read_text()
ROWS = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
KEYS = [
    *("id", "submitter", "authors", "title", "comments", "journal-ref", "doi", "report-no", "categories"),
    *("license", "abstract", "versions", "update_date", "authors_parsed"),
]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_every_line_has_the_format_of_the_real_file(row: dict) -> None:  # type: ignore[type-arg]
    assert list(row) == KEYS
    (version,) = row["versions"]
    assert version["version"] == "v1"
    created = parsedate_to_datetime(version["created"])
    assert f"{created:%a}, {created.day} {created:%b %Y} 12:00:00 GMT" == version["created"]
    assert row["update_date"] == str(created.date())
    assert all(len(author) == 3 and author[0] and author[2] == "" for author in row["authors_parsed"])
    assert re.split(r", | and ", row["authors"]) == [f"{first} {last}" for last, first, _ in row["authors_parsed"]]
    assert row["abstract"].strip()


def test_no_paper_comes_twice_and_the_file_is_in_the_order_of_ids() -> None:
    ids = [row["id"] for row in ROWS]
    assert ids == sorted(set(ids))
    assert len(ids) == 47


def test_some_lines_are_broken_as_in_the_real_file() -> None:
    assert any("\n  " in row["title"] for row in ROWS)
    assert sum("\n" in row["abstract"].strip() and row["abstract"].startswith("  ") for row in ROWS) > 10
    assert any("\n" not in row["abstract"].strip() for row in ROWS)


async def test_nine_days_in_a_row_have_papers_and_the_newest_has_nine() -> None:
    snapshot = Snapshot(load_settings())
    assert snapshot.newest_day(date(2026, 11, 23)) == NEWEST
    counts = {}
    for day in NINE_DAYS:
        listed = await snapshot.list_day(day)
        assert listed.problems == ()
        counts[day] = len(listed.papers)
    assert all(counts.values())
    assert counts[NEWEST] == 9
    first_days = [await snapshot.list_day(date(2024, 10, 21)), await snapshot.list_day(date(2024, 10, 22))]
    assert sum(counts.values()) + sum(len(listed.papers) for listed in first_days) == len(ROWS)


async def test_the_seed_paper_is_the_one_of_the_log() -> None:
    title, abstract = re.search(r"Title: '(.*?)' Text: '(.*)'\n", LOG).groups()  # type: ignore[union-attr]
    (row,) = [row for row in ROWS if row["id"] == SEED]
    assert (row["title"], row["abstract"]) == (title, abstract)
    (paper,) = (await Snapshot(load_settings()).find((SEED,))).papers
    assert (paper.title, paper.abstract, paper.published) == (title, abstract, NEWEST)
    assert paper.authors == ("Yunjia Qi", "Hao Peng", "Xiaozhi Wang", "Bin Xu", "Lei Hou", "Juanzi Li")
    assert paper.categories == ("cs.CL", "cs.AI")
    assert f"{paper.key}.jpg" in LOG


def test_the_other_abstracts_are_short_and_different() -> None:
    others = [" ".join(row["abstract"].split()) for row in ROWS if row["id"] != SEED]
    assert len(set(others)) == len(others)
    assert all(150 < len(text) < 500 and 2 <= text.count(". ") + 1 <= 3 for text in others)
