"""Which texts are arXiv ids, and which only look like it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frontispiece.errors import BadInput
from frontispiece.sources.ids import parse_id
from frontispiece.sources.text import paper_line

GOOD = {
    "2410.24175": ("2410.24175", None),
    "2410.24175v2": ("2410.24175", 2),
    " 2410.24175\n": ("2410.24175", None),
    "math/0703999": ("math/0703999", None),
    "0704.0001": ("0704.0001", None),
    "1412.9999v12": ("1412.9999", 12),
    "1501.00001": ("1501.00001", None),
    "hep-th/9901001": ("hep-th/9901001", None),
    "hep-th/9901001v2": ("hep-th/9901001", 2),
    "math/0309136": ("math/0309136", None),
    "q-bio/0309136": ("q-bio/0309136", None),
    "math.GT/0309136": ("math/0309136", None),
    "cond-mat.stat-mech/0402001v3": ("cond-mat/0402001", 3),
    "arXiv:2410.24175": ("2410.24175", None),
    "arxiv: 2410.24175v1": ("2410.24175", 1),
    "https://arxiv.org/abs/2410.24175": ("2410.24175", None),
    "http://arxiv.org/abs/hep-th/9901001v2": ("hep-th/9901001", 2),
    "https://arxiv.org/pdf/2410.24175v1.pdf": ("2410.24175", 1),
    "https://arxiv.org/pdf/2410.24175": ("2410.24175", None),
    "https://www.arxiv.org/html/2410.24175v1/": ("2410.24175", 1),
    "https://export.arxiv.org/abs/math.GT/0309136": ("math/0309136", None),
    "arxiv.org/abs/2410.24175": ("2410.24175", None),
    "HTTPS://ArXiv.org/abs/2410.24175": ("2410.24175", None),
    "https://huggingface.co/papers/2410.24175": ("2410.24175", None),
    "10.48550/arXiv.2410.24175": ("2410.24175", None),
    "doi:10.48550/arXiv.hep-th/9901001": ("hep-th/9901001", None),
    "https://doi.org/10.48550/arXiv.2410.24175": ("2410.24175", None),
    "arXiv:2410.24175v1 [cs.CL]": ("2410.24175", 1),
    "https://www.alphaxiv.org/abs/2410.24175": ("2410.24175", None),
    "https://www.alphaxiv.org/overview/2410.24175v2": ("2410.24175", 2),
    "https://ar5iv.labs.arxiv.org/html/2410.24175": ("2410.24175", None),
    "https://arxiv.org/src/2410.24175": ("2410.24175", None),
    "https://arxiv.org/format/2410.24175": ("2410.24175", None),
    "oai:arXiv.org:2410.24175": ("2410.24175", None),
    "2410.24175.": ("2410.24175", None),
    "2410.24175V2": ("2410.24175", 2),
    "HEP-TH/9901001": ("hep-th/9901001", None),
    "MATH.gt/0309136": ("math/0309136", None),
    "https://www.semanticscholar.org/arxiv:2410.24175": ("2410.24175", None),
    "https://api.semanticscholar.org/arXiv:2410.24175": ("2410.24175", None),
    "http://huggingface.co/papers/2410.24175/?utm=1#community": ("2410.24175", None),
}
BAD = [
    *("", " ", "24175", "2410", "2410.2417", "2410.241755", "2413.24175", "2400.24175", "1412.12345", "1501.0001"),
    *(
        "0701.0001",
        "0703.0001",
        "hep-th/0704001",
        "2410.24175v",
        "2410.24175v0",
        "2410.24175v1000",
        "2410,24175",
        "2410.24175 x",
    ),
    *("２４１０.２４１７５", "2410.२४१७५", "2410.24175\u200b", "2410.24175\x00", "2410\n.24175", "-2410.24175"),
    *("../2410.24175", "2410.24175/..", "../../etc/passwd", "hep-th/../9901001", "hep-th/9913001", "hep-th/990100"),
    *("hep-th//9901001", "hep-th/5001001", "file:///2410.24175", "ftp://arxiv.org/abs/2410.24175"),
    *("https://arxiv.org/abs/", "https://arxiv.org/list/cs.CL", "https://arxiv.org.evil.org/abs/2410.24175"),
    *(
        "https://evil.org/arxiv.org/abs/2410.24175",
        "https://evil.org@arxiv.org/abs/2410.24175",
        "2410.24175,2410.24176",
    ),
    *("https://huggingface.co/papers/../2410.24175", "https://huggingface.co/2410.24175", "1" * 10_000),
    "https://arxiv.org/abs/2410.24175?" + "x" * 1_000,
]


@pytest.mark.parametrize(("text", "expected"), GOOD.items(), ids=map(repr, GOOD))
def test_ids_and_addresses_are_read(text: str, expected: tuple[str, int | None]) -> None:
    assert parse_id(text) == expected


@pytest.mark.parametrize("text", BAD, ids=[repr(text)[:50] for text in BAD])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_id(text)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 300


NEW = st.builds(
    lambda yy, mm, number: f"{yy:02}{mm:02}.{number:0{5 if yy >= 15 else 4}}",
    st.integers(8, 99),
    st.integers(1, 12),
    st.integers(1, 9_999),
)
OLD = st.builds(
    lambda archive, yy, mm, number: f"{archive}/{yy % 100:02}{mm:02}{number:03}",
    st.sampled_from(["hep-th", "math", "cond-mat", "astro-ph", "gr-qc", "q-bio", "cs", "cmp-lg", "physics"]),
    st.integers(91, 106),
    st.integers(1, 12),
    st.integers(1, 999),
)
PLACES = [
    "",
    "arXiv:",
    "https://doi.org/10.48550/arXiv.",
    "https://arxiv.org/abs/",
    "http://export.arxiv.org/pdf/",
    "https://huggingface.co/papers/",
]


@given(NEW | OLD, st.none() | st.integers(1, 999), st.sampled_from(PLACES), st.sampled_from(["", "/", "?a=b", "#c"]))
def test_every_id_survives_every_way_to_write_it(paper_id: str, version: int | None, place: str, tail: str) -> None:
    text = f"{place}{paper_id}{f'v{version}' if version else ''}{tail if '//' in place else ''}"
    assert parse_id(text) == (paper_id, version)


@given(st.text(max_size=80) | st.from_regex(r"[a-z./-]{0,12}[0-9./]{4,16}(v[0-9]+)?[/?#]?"))
@example("hep-th/9901001\n2410.24175")
def test_what_passes_is_always_safe_in_paths_and_queries(text: str) -> None:
    try:
        paper_id, version = parse_id(text)
    except BadInput:
        return
    assert re.fullmatch(r"[0-9]{4}\.[0-9]{4,5}|[a-z]{1,8}(-[a-z]{2,4})?/[0-9]{7}", paper_id, re.ASCII)
    assert version is None or 1 <= version <= 999
    assert parse_id(paper_id) == (paper_id, None)


LINES = {
    "  Two\n  lines\t and\u00a0more ": "Two lines and more",
    "a\r\n[01.11.2024] forged": "a [01.11.2024] forged",
    "AT&amp;T &lt;3 &#945; &#x3b2; &Uuml;": "AT&T <3 α β Ü",
    "x &para y & z &copy": "x &para y & z &copy",
    "\x1b[31mred\x00": "[31mred",
    "right\u202eleft\u2066\u200b\ufeff": "rightleft",
    "half \ud83d pair": "half pair",
    "line\u2028separator\x85next": "line separator next",
    "&#0;&#27;[2J&#8238;x": "[2Jx".replace("[2J", "\ufffd[2J"),
    "Top-$nσ$ and $\\nabla^2$DFT, LLäMmlein, Łukasz": "Top-$nσ$ and $\\nabla^2$DFT, LLäMmlein, Łukasz",
}


@pytest.mark.parametrize(("text", "expected"), LINES.items(), ids=[ascii(text)[:40] for text in LINES])
def test_text_becomes_one_harmless_line(text: str, expected: str) -> None:
    assert paper_line(text) == expected


@given(st.text())
def test_a_line_is_printable_whatever_it_was(text: str) -> None:
    line = paper_line(text)
    assert line.isprintable()
    assert line == line.strip()
    assert "  " not in line
    line.encode("utf-8")
