"""Reads labels by tesseract, a program for reading scans that runs on this machine and is free."""

import asyncio
import os
import shutil
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from pydantic import BaseModel, Field

from frontispiece.checkers.interface import Reading
from frontispiece.errors import BadInput, ProviderBroken, ProviderUnavailable
from frontispiece.models import Paper, Prompt
from frontispiece.recipe import CheckerRecipe, canonical_json
from frontispiece.text import quoted

READ_SECONDS = 60.0
MAX_LINES: Final = 5_000
SURE: Final = 60.0
"""By its own word, percent."""
_LAYOUT: Final = "11"
"""Its page segmentation: as much text as can be found, in no particular order."""


class TesseractSettings(BaseModel):
    """What the user may set."""

    tesseract: str = Field("tesseract", description="program of the checker tesseract: a name, or where it is")
    tesseract_languages: str = Field(
        "eng",
        pattern=r"^\w+(\+\w+)*$",
        description="languages that it reads, such as eng+rus; each has to be installed",
    )


class Tesseract:
    """The checker that asks the program, once for each size of a picture. Raises BadInput where there is none."""

    label = "tesseract"
    paid = False
    judges = False
    price = 0.0
    # By measurement on ink drawings: what is not read at one size mostly is at another.
    sides = (1024, 1536, 3072)

    def __init__(self, settings: TesseractSettings) -> None:
        found = shutil.which(settings.tesseract)
        if found is None:
            raise BadInput(
                f"`checker`: the program {settings.tesseract!r} is not here: install tesseract (on Debian `apt-get "
                "install tesseract-ocr`), or say in FRONTISPIECE_TESSERACT where it is."
            )
        self._program, self._languages = found, settings.tesseract_languages
        self._turns = asyncio.Semaphore(os.cpu_count() or 1)
        self.recipe = CheckerRecipe(
            kind="tesseract", model=self._languages, parameters=canonical_json(psm=_LAYOUT, sides=self.sides)
        )

    async def read(self, picture: bytes, paper: Paper, prompt: Prompt) -> Reading:
        """What it finds. Raises ProviderUnavailable where it cannot be started, ProviderBroken where it fails."""
        async with self._turns:
            started = time.monotonic()
            arguments = ("--psm", _LAYOUT, "--dpi", "150", "-l", self._languages, "tsv")
            table = await self._run("-", "-", *arguments, given=picture)
        seconds = round(time.monotonic() - started, 3)
        return Reading(words=" ".join(_words(table)), model=self.label, seconds=seconds, dollars=0.0)

    async def check(self) -> tuple[str, ...]:
        """Raises BadInput where it lacks a language, or is another program."""
        listed = await self._run("--list-langs")
        if "languages" not in listed:  # which stands above the list, be it empty
            raise BadInput(f"FRONTISPIECE_TESSERACT: {self._program} is not tesseract: it tells of no languages.")
        if lacking := [each for each in self._languages.split("+") if each not in listed.split()]:
            raise BadInput(
                f"FRONTISPIECE_TESSERACT_LANGUAGES: tesseract has no {', '.join(lacking)} here (on Debian `apt-get "
                f"install tesseract-ocr-{lacking[0]}`)."
            )
        return ()

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _run(self, *arguments: str, given: bytes = b"") -> str:
        """What the program prints. It has a processor and a minute, and ends when nobody waits for it any longer."""
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        try:
            # A group of its own: Ctrl-C is for us.
            process = await asyncio.create_subprocess_exec(
                *(self._program, *arguments), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, process_group=0
            )
        except OSError as error:
            raise ProviderUnavailable(f"tesseract cannot be started: {error.strerror}.") from error
        try:
            async with asyncio.timeout(READ_SECONDS):
                said, complaint = await process.communicate(given)
        except TimeoutError:
            raise ProviderBroken(f"tesseract has read for {READ_SECONDS:g} s, and was ended.") from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.returncode:
            why = quoted(complaint.decode(errors="replace")) or "it does not say why"
            raise ProviderBroken(f"tesseract failed with the exit code {process.returncode}: {why}.")
        return said.decode(errors="replace")


def _words(table: str) -> Iterator[str]:
    """The words of its table that it is sure of; hatching and leaves look like letters, too."""
    for line in table.splitlines()[:MAX_LINES]:
        match line.split("\t"):
            case [*_, sure, word] if _number(sure) >= SURE and len(word) > 1:
                if sum(map(str.isalnum, word)) > len(word) / 2:
                    yield word


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0  # the table's head
