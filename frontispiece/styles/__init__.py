"""Styles: how a writer is asked, each a text file with `{title}` and `{abstract}` in it.

Built-in ones stand beside this file; `seed` is the predecessor's own, to the letter: paper and instruction share one
line, so a paper may give orders. All others put the paper between two lines `{fence}`, which nothing in it can know.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from frontispiece.errors import BadInput

OWN_FOLDER: Final = Path("styles")
"""In the working directory: the user's styles that can be named as the built-in ones are."""
_BUILT_IN: Final = Path(__file__).parent
MAX_BYTES: Final = 20_000


def names() -> list[str]:
    """The styles that can be chosen by name."""
    return sorted({path.stem for folder in (_BUILT_IN, OWN_FOLDER) for path in folder.glob("*.txt")})


if TYPE_CHECKING:
    StyleName: TypeAlias = str
else:
    StyleName = Literal[tuple(names())]


def is_name(style: str) -> bool:
    """Whether a style is a name, not a path."""
    return re.fullmatch(r"\w[\w-]*", style) is not None


def template(style: str) -> str:
    """The text of a style: a built-in's name, that of a file in the folder `styles`, or a path.

    Raises BadInput for a file that cannot be read, lacks a field or has other braces; its text is never quoted.
    """
    text = _read(style)
    for field in ("{title}", "{abstract}"):
        if field not in text:
            raise BadInput(f"The style {style} has no {field}, so it would ask the same for every paper.")
    if re.search(r"[{}]", re.sub(r"\{(title|abstract|fence)\}", "", text)):
        raise BadInput(f"The style {style} has other braces than those of {{title}}, {{abstract}} and {{fence}}.")
    return text


def _read(style: str) -> str:
    path = Path(style)
    if not style.strip():
        raise BadInput(f"A style has a name: name a text file, or one of {', '.join(names())}.")
    if is_name(style):
        places = [folder / f"{style}.txt" for folder in (_BUILT_IN, OWN_FOLDER)]
        if (found := next(filter(Path.is_file, places), None)) is None:
            raise BadInput(f"There is no style {style}: name a text file, or one of {', '.join(names())}.")
        path = found
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise BadInput(f"The style {style} has more than {MAX_BYTES:,} bytes.")
        return text.decode().replace("\r\n", "\n").removesuffix("\n")
    except OSError as error:
        raise BadInput(f"The style {style} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"The style {style} is not UTF-8: save it as plain text in that encoding.") from None
