"""`make fuzz` itself works: what it damages is good at first."""

from contextlib import suppress

import pytest
from fuzz import examples

from frontispiece.errors import FrontispieceError

EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_target_takes_its_examples(name: str) -> None:
    target, good = EXAMPLES[name]
    for example in good:
        with suppress(FrontispieceError):
            target(example)
