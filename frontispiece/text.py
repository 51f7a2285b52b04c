"""Words from outside, made harmless: nobody's title, prompt or answer moves a cursor, forges a line or is a formula.

Each way out has its function here: a screen (`visible`), a sentence or a table (`one_line`, `quoted`), a log
(`VisibleRecord`), a cell that a spreadsheet reads (`cell`), JSON (`escaped`), and a request (`encodable`). Errors of
ours are such lines by themselves.
"""

import json
import logging
from typing import Final

MAX_QUOTE = 300

_FORMULA: Final = tuple("=+-@＝＋－＠")


def visible(text: str, instead: str = " ") -> str:
    """`text` with its line feeds; what else is white space becomes a space, what cannot be seen `instead`.

    The latter are control characters (ESC among them), marks that turn the direction of writing, halves of surrogate
    pairs, and what Unicode has not assigned.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else " " if sign.isspace() else instead for sign in text)


def one_line(text: str, most: int | None = None, instead: str = " ") -> str:
    """`text` as one line of signs that can be seen, white space collapsed; of at most `most`, the last one "…"."""
    line = " ".join(visible(text, instead).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def quoted(text: str, *secrets: str) -> str:
    """Words of the other side, fit for one of our sentences: one short line without our secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return one_line(text, MAX_QUOTE + 1).rstrip(".")


def counted(number: int, one: str, more: str | None = None) -> str:
    """So many of something: 1 paper, 2 papers."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def cell(text: str) -> str:
    """`text` for a spreadsheet's cell: what would be taken for a formula has an apostrophe first."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def escaped(written: str) -> str:
    """JSON that says the same, with escapes for what cannot be seen."""
    if written.isprintable():
        return written
    return "".join(sign if sign.isprintable() or sign in "\t\n\r" else json.dumps(sign)[1:-1] for sign in written)


def encodable(text: str) -> str:
    """`text` as UTF-8 can carry it: with "?" for halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


class VisibleRecord(logging.LogRecord):
    """What is logged, as signs that can be seen, whoever shows or keeps it.

    Further lines are indented, so that no answer from outside can pass for a line of the log.
    """

    def __init__(self, *args: object, **extra: object) -> None:
        super().__init__(*args, **extra)  # type: ignore[arg-type] # whatever a logger gives
        if self.exc_info:
            self.exc_text = _indented(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 logging's name
        """The message with its arguments in place."""
        return _indented(super().getMessage())


def _indented(text: str) -> str:
    return visible(text).replace("\n", "\n    ")
