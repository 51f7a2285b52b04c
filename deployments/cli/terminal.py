"""What a person sees while a command is at work: a bar at a terminal, and a line for each thing that is done."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from flows.listener import RunListener
from frontispiece.text import counted, one_line

# Prefect's workers say so of what they tell the server, whenever any of that is left as the program ends; it is sent.
_STILL_SENDING: Final = "Still processing items"


class Stage(RunListener):
    """Shows what goes on. To be entered, and to be told to `begin` before Prefect is imported.

    All goes to one console: two that reach the same terminal would write into each other.
    """

    def __init__(self, verbose: bool = False, answers: Console | None = None, told: Console | None = None) -> None:
        self.answers = answers or Console()
        """Where the command's answer goes: standard output."""
        self.told = told or (self.answers if self.answers.is_terminal else Console(stderr=True))
        self.bar = Bar(self.told)
        self._lines = LogLines(self, verbose)
        self._tries: Counter[str] = Counter()
        self._sentences: set[str] = set()

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()
        if self._tries:
            self.say(f"It took {self._tried()} in all.")

    def begin(self) -> None:
        """There is work to do."""
        logging.getLogger().handlers[:] = [self._lines]  # in place of Prefect's own console
        self.bar.show("Starting Prefect …")

    def say(self, line: str, style: str = "", *, is_cut: bool = False) -> None:
        """A line above the bar, which may be cut at its edge; in a pipe all of it, and its time."""
        if self.told.is_terminal:
            how = {"no_wrap": True, "overflow": "ellipsis"} if is_cut else {"soft_wrap": True}
            self.told.print(Text(line, style), **how)
        else:
            self.told.file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {line}\n")
            self.told.file.flush()

    def tries_again(self, kind: str, sentence: str) -> None:
        """Count what is not lost yet, in one line below the bar; in a pipe each sentence is told once."""
        self._tries[kind] += 1
        self.bar.trouble = f"{self._tried()}: {one_line(sentence)}"
        if not self.told.is_terminal and sentence not in self._sentences:
            self._sentences.add(sentence)
            self.say(f"{sentence} It is tried again.")

    def _tried(self) -> str:
        kinds = (("try", "further try", "further tries"), ("pause", "pause", "pauses"))
        return ", ".join(counted(self._tries[kind], *words) for kind, *words in kinds if self._tries[kind])


class Bar(Progress):
    """One bar over all there is to do, and a line below it about what goes wrong and is tried again."""

    trouble = ""

    def __init__(self, console: Console) -> None:
        super().__init__(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._all = self.add_task("Looking …", total=None)

    def show(self, doing: str, total: int | None = None) -> None:
        """What is done now, and out of how many where that has become known."""
        self.update(self._all, description=doing, total=total)

    def step(self) -> None:
        """One of them is done."""
        self.advance(self._all)

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar, and the line below it."""
        yield from super().get_renderables()
        if self.trouble:
            yield Text(self.trouble, "yellow", no_wrap=True, overflow="ellipsis")


class LogLines(logging.Handler):
    """Prints anybody's warnings, and what our tasks log where that is wanted, one line each."""

    def __init__(self, stage: Stage, verbose: bool) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter())  # by which Prefect tells a user's handler, beside which it adds none
        self._stage = stage
        self._verbose = verbose

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record, unless it is Prefect's engine talking to itself."""
        from_run = record.name in ("prefect.flow_runs", "prefect.task_runs")
        if record.name.startswith("prefect._internal") or (from_run and record.module.endswith("_engine")):
            return
        if record.levelno < logging.WARNING and not (from_run and self._verbose):
            return
        said = record.getMessage()  # without the traceback: the server keeps that, and a person gets the sentence
        if said.startswith(_STILL_SENDING):
            return
        if (again := getattr(record, "tries_again", None)) and not self._verbose:
            self._stage.tries_again(*again)
        else:
            style = "yellow" if record.levelno == logging.WARNING else "red" if record.levelno > logging.WARNING else ""
            self._stage.say(said, style)
