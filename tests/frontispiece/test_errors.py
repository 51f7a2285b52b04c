import pickle
from collections.abc import Iterator

import pytest

from frontispiece import errors
from frontispiece.errors import FrontispieceError, Waitable


def tree(root: type[FrontispieceError]) -> Iterator[type[FrontispieceError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


ALL = sorted(set(tree(FrontispieceError)), key=lambda error: error.__name__)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_errors_survive_pickling(error: type[FrontispieceError]) -> None:
    copy = pickle.loads(pickle.dumps(error("The sentence.")))  # noqa: S301 our own bytes
    assert (type(copy), str(copy)) == (error, "The sentence.")


def test_what_to_wait_survives_pickling_too() -> None:
    copy = pickle.loads(pickle.dumps(errors.ProviderUnavailable("Busy.", retry_after=7.5)))  # noqa: S301 our own bytes
    assert (str(copy), copy.retry_after, copy.kind) == ("Busy.", 7.5, "ProviderUnavailable")


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_an_error_is_one_line_that_can_be_seen(error: type[FrontispieceError]) -> None:
    said = str(error("It said: \x1b]0;owned\x07\nfrontispiece: all is well \u202e\ud83d."))
    assert said == "It said: ]0;owned frontispiece: all is well ."


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_the_drawing_of_the_tree_is_true(error: type[FrontispieceError]) -> None:
    """Every error stands in the module's drawing, marked when it is worth another attempt."""
    drawing = [
        line for line in (errors.__doc__ or "").splitlines() if "─" in line or line.strip() == "FrontispieceError"
    ]
    if error is Waitable:
        pytest.skip("a trait, not a place in the tree")
    lines = [line for line in drawing if error.__name__ in line.split()]
    assert len(lines) == 1
    assert ("↻" in lines[0]) == error.is_transient
