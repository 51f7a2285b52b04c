r"""TeX in the words of papers: what a person reads has none of its commands left."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.tex import readable

PIECES = [
    *(r"$O(n^2)$", r"\emph{x}", r"$\frac{a+b}{\sqrt{x^2}}$", r"Erd\H{o}s", r"\"{o}", r"$x_{i_{j}}$", r"\$5", r"\%"),
    *("{", "}", "{{"),
    *(r"\mathbb{R}^{n+1}", "$", "^", "_", "\\", "~", " ", "a_b", "C^{2}", r"\cite{k}", r"$$E=mc^2$$", r"\(k\)", "1"),
]


@pytest.mark.parametrize(
    ("tex", "read"),
    [
        (r"Top-$n\sigma$, $k$-NN and $\epsilon$-greedy", "Top-nσ, k-NN and ε-greedy"),
        (r"Erd\H{o}s and P\'olya, {\'E}milie du Ch\^atelet", "Erdős and Pólya, Émilie du Châtelet"),
        (r"$O(n^2)$ and \emph{x} of \textbf{all}", "O(n²) and x of all"),
        (r"$\frac{a+b}{2}$ in $\mathbb{R}^{n+1}$", "(a+b)/2 in ℝⁿ⁺¹"),
        (r"$x_{i,j}$, $\ell_p$ and $\mathcal{L}_{\text{max}}$", "x_(i,j), ℓₚ and L_max"),
        (r"$180^\circ$, 100\% at \$5, A\&B", "180°, 100% at $5, A&B"),
        ("file_names in {a, b} for $5 and $10, ~50 C^2", "file_names in {a, b} for $5 and $10, ~50 C^2"),
        (r"\href{http://x}{here} $\approx 5\,000$", "here ≈5 000"),
    ],
    ids=["greek", "accents", "dress", "fraction", "scripts", "escapes", "plain", "link"],
)
def test_people_read_no_tex(tex: str, read: str) -> None:
    assert readable(tex) == read


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join))
def test_any_text_can_be_read_and_stays_so(text: str) -> None:
    read = readable(text)
    assert not re.search(r"\\[A-Za-z]", read)
    assert len(read) <= 3 * len(text)
    assert not re.search("[\ufdd0-\ufdd9]", read) or re.search("[\ufdd0-\ufdd9]", text)
    assert "\n" not in read or "\n" in text


@given(st.text(st.characters(exclude_characters="\\$^_{}~")))
def test_what_has_no_tex_is_left_as_it_is(text: str) -> None:
    assert readable(text) == text
