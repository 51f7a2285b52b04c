"""Which papers are only a notice any more."""

import pytest

from frontispiece.sources.withdrawn import is_withdrawn

NOTICES = [
    "This paper has been withdrawn by the author due to a crucial error in equation 1.",
    "This paper is withdrawn.",
    "This manuscript has been withdrawn because of an error in Lemma 3.",
    "The paper has been temporarily withdrawn by the authors",
    "This article was retracted by the journal",
    "This submission has been removed by arXiv administrators due to inappropriate text overlap",
    "This e-print has been withdrawn",
    "Withdrawn by the author",
    "WITHDRAWN",
    "[Withdrawn]",
    "Paper withdrawn due to an error in the main theorem",
    "We have decided to withdraw this paper because the proof is incomplete.",
    "The authors have withdrawn this paper pending further review",
    "I withdraw this preprint.",
]
PAPERS = [
    "",
    "We study papers that have been withdrawn from arXiv, and why.",
    "This paper studies how withdrawn articles are cited.",
    "Withdrawn large language models leave traces: we measure them.",
    "Retracted papers are still cited; we ask a model to notice them.",
    "Cash is withdrawn from machines. This paper has a model of it.",
    "This work has been accepted at ICML. An earlier version was withdrawn from a workshop.",
    "The work was removed from memory by unlearning; we ask whether it truly is.",
]


@pytest.mark.parametrize("text", NOTICES)
def test_a_notice_is_told_from_its_first_words(text: str) -> None:
    assert is_withdrawn(text)
    assert is_withdrawn("We prove something large.", text)


@pytest.mark.parametrize("text", PAPERS)
def test_papers_about_such_things_are_there(text: str) -> None:
    assert not is_withdrawn(text)
