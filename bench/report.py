"""Runs all benchmarks and writes docs/performance.md: `python bench/report.py`, or `--quick` for a look in two minutes.

Each benchmark is a process of its own, whose last line is JSON. A quick run only prints.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from job import ROOT
from measuring import machine, python

HERE = Path(__file__).parent
OURS = ("stretch", "growth", "pipeline", "startup", "lineart")
OTHERS = ("catalog", "snapshot")
PAGE = ROOT / "docs" / "performance.md"
Row = tuple[str, str, str]


def measure(name: str, quick: bool) -> dict[str, Any]:
    """What the benchmark found; its progress goes to the terminal."""
    print(f"# {name}", flush=True)
    process = subprocess.Popen(  # noqa: S603
        python(str(HERE / f"{name}.py"), *(["--quick"] if quick else [])), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    if process.wait():
        sys.exit(f"bench/{name}.py failed.")
    return dict(json.loads(last))


def pipeline(found: dict[str, Any]) -> Iterator[str]:
    """The race: medians and ratios."""
    for latency, ideal in (("0", None), ("1", found["papers"] / found["at_once"] + 1)):
        race = found[f"latency {latency}"]
        yield (
            f"\n### {found['papers']} papers, {latency} s a prompt and a picture\n\n"
            f"{found['at_once']} of each at once, median of {found['rounds']}. CPU in milliseconds a paper."
        )
        yield from table(
            ("", "wall, s", "client CPU", "server CPU", "recorded after, s", "task runs"),
            [
                (
                    name,
                    f"{each['seconds']:.2f}" + (f" ({each['seconds'] / ideal:.2f}× the ideal)" if ideal else ""),
                    f"{each['client_cpu']:.1f} ({each['client_cpu'] / race['plain']['client_cpu']:.2f}×)",
                    f"{each['server_cpu']:.1f}",
                    f"{each['caught_up']:.1f}",
                    f"{each['recorded']:.0f}",
                )
                for name, each in race.items()
            ],
        )


def stretch(found: dict[str, Any]) -> Iterator[str]:
    """Days in a row: medians and ratios."""
    papers = found["days"] * found["papers"]
    for latency, ideal in (("0", None), ("1", papers / found["at_once"] + 1)):
        race = found[f"latency {latency}"]
        yield (
            f"\n### {found['days']} days of {found['papers']} papers, {latency} s a prompt and a picture\n\n"
            f"{found['at_once']} of each at once, median of {found['rounds']}. CPU in milliseconds a paper."
        )
        yield from table(
            ("", "wall, s", "client CPU", "decoders and start", "server CPU", "log lines", "artifacts"),
            [
                (
                    name,
                    f"{each['seconds']:.1f}" + (f" ({each['seconds'] / ideal:.2f}× the ideal)" if ideal else ""),
                    f"{each['client_cpu']:.1f} ({each['client_cpu'] / race['plain']['client_cpu']:.2f}×)",
                    f"{each['children_cpu']:.1f}",
                    f"{each['server_cpu']:.1f}",
                    f"{each['logs']:.1f}",
                    f"{each['artifacts']:.0f}",
                )
                for name, each in race.items()
            ],
        )


def targets(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What was aimed at, and what was reached."""
    race, slow = found["pipeline"]["latency 0"], found["pipeline"]["latency 1"]["ours"]
    ideal = found["pipeline"]["papers"] / found["pipeline"]["at_once"] + 1
    days, fast, far = found["stretch"], found["stretch"]["latency 0"], found["stretch"]["latency 1"]
    days_ideal = days["days"] * days["papers"] / days["at_once"] + 1
    start, art, growth = found["startup"], found["lineart"], found["growth"]
    rows: list[Row] = [
        ("a stretch at 1 s, of the ideal", "≤ 1.15×", f"{far['ours']['seconds'] / days_ideal:.2f}×"),
        ("a stretch at 0 s", "≤ 30 s", f"{fast['ours']['seconds']:.1f} s"),
        ("a stretch by `serve` at 1 s, of that in one process", "≤ 1.3×", f"{_of_ours(far):.2f}×"),
        ("a stretch in one process at 0 s, of that by `serve`", "≥ 1.7×", f"{1 / _of_ours(fast):.2f}×"),
        (
            "CPU a paper of a stretch, of a single day's",
            "≤ 1.2×",
            f"{fast['ours']['client_cpu'] / fast['one day']['client_cpu']:.2f}×",
        ),
        ("client CPU of a stretch at 1 s, of plain asyncio's", "≤ 1.6×", f"{_of_plain(far):.2f}×"),
        ("time a day of a year, of that of a month", "≤ 1.1×", f"{growth['seconds a day, of that at first']:.2f}×"),
        ("memory after a year, of that after a month", "≤ 1.1×", f"{growth['MB, of that at first']:.2f}×"),
        ("memory after a year", "≤ 400 MB", f"{growth['MB']:.0f} MB"),
        ("wall of a day at 1 s, of the ideal", "≤ 1.10×", f"{slow['seconds'] / ideal:.2f}×"),
        ("client CPU of a day, of plain asyncio's", "≤ 2×", f"{_of_plain(race):.2f}×"),
        ("recorded after the end", "≤ 2 s", f"{race['ours']['caught_up']:.1f} s"),
        ("an archived day, more than an empty one", "≤ 1 s", f"{start['archived - empty']:.2f} s"),
        ("`frontispiece --help`", "≤ 0.3 s", f"{start['help']:.2f} s"),
        ("`frontispiece run` to its first picture", "≤ 4 s", f"{start['first picture']:.2f} s"),
        ("line art, two cores against one", "≥ 1.7×", f"{art['ratio']:.2f}×"),
        ("line art, CPU a picture", "≤ 60 ms", f"{art['ms a picture']:.0f} ms"),
    ]
    yield from table(("", "target", "measured"), rows)


def _of_plain(race: dict[str, dict[str, float]]) -> float:
    return race["ours"]["client_cpu"] / race["plain"]["client_cpu"]


def _of_ours(race: dict[str, dict[str, float]]) -> float:
    return race["served"]["seconds"] / race["ours"]["seconds"]


def table(head: tuple[str, ...], rows: list[Any]) -> Iterator[str]:
    yield "\n| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def page(found: dict[str, dict[str, Any]]) -> str:
    """The whole document; what is explained at its end stays as people wrote it."""
    about = machine()
    versions = ", ".join(f"{name} {value}" for name, value in about.items() if name not in ("machine", "system"))
    lines = [
        "# Performance\n",
        "`make bench` measures all this and writes the page, `make bench-quick` only looks. The providers are fakes in",
        "a process of their own; ours, plain asyncio (`bench/plain.py`) and Prefect as a newcomer would use it",
        "(`bench/naive.py`) run interleaved, against one server that `frontispiece serve` would start, and must make",
        "the same pictures and originals, dot for dot. `bare` is Prefect with three empty tasks a paper and no work.\n",
        f"{datetime.now(UTC):%Y-%m-%d}, {about['machine']}, {about['system']}; {versions}.",
        *targets(found),
        "\n## A stretch of days\n",
        "`one day` is ours with all these papers on a single day, and without a gallery.",
        *stretch(found["stretch"]),
        "\n## A day",
        *pipeline(found["pipeline"]),
    ]
    for name in OTHERS:
        if name in found:
            rows = [(key, str(value)) for key, value in found[name].items() if key not in ("bench", "at")]
            lines += [f"\n## bench/{name}.py", *table(("", ""), rows)]
    old = PAGE.read_text() if PAGE.exists() else ""
    mark = "\n## Where the time goes"
    return "\n".join(lines) + "\n" + (mark + old.partition(mark)[2] if mark in old else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, nothing is written")
    quick = parser.parse_args().quick
    others = () if quick else tuple(name for name in OTHERS if (HERE / f"{name}.py").exists())
    found = {name: measure(name, quick) for name in (*OURS, *others)}
    text = page(found)
    if quick:
        print(text)
    else:
        PAGE.write_text(text)
        print(f"Wrote {PAGE}.")


if __name__ == "__main__":
    main()
