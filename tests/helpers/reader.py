"""A program in tesseract's place: it says what a test wrote down, whatever picture it is given. No pytest in here."""

import stat
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = """#!/bin/sh
if [ "$1" = --list-langs ]; then printf 'List of languages:\\neng\\nosd\\n'; exit; fi
cat > "{folder}/picture"
number=$(ls "{folder}/asked" | wc -l)
echo "$@" > "{folder}/asked/$number"
if [ -e "{folder}/said/$number" ]; then cat "{folder}/said/$number"; else cat "{folder}/said/last"; fi
"""
HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"


class Reader:
    """`program` is to be run; `asked` are the arguments of its calls, and `picture` the last that it was given."""

    def __init__(self, folder: Path, *said: str | Sequence[tuple[float, str]]) -> None:
        """What it says call by call, the last from then on: words it is sure of, or pairs of how sure and a word."""
        self._folder = folder
        for name in ("asked", "said"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.program = folder / "tesseract"
        self.program.write_text(_PROGRAM.format(folder=folder))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        for number, each in enumerate(said):
            self._note(str(number), each)
        self._note("last", said[-1])

    def _note(self, name: str, said: str | Sequence[tuple[float, str]]) -> None:
        words = [(96.5, word) for word in said.split()] if isinstance(said, str) else said
        rows = [f"5\t1\t1\t1\t1\t{place}\t0\t0\t9\t9\t{sure}\t{word}\n" for place, (sure, word) in enumerate(words)]
        (self._folder / "said" / name).write_text("".join([HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t768\t1024\t-1\t\n", *rows]))

    @property
    def asked(self) -> list[list[str]]:
        return [path.read_text().split() for path in sorted((self._folder / "asked").iterdir())]

    @property
    def picture(self) -> bytes:
        return (self._folder / "picture").read_bytes()
