"""Whether what stands in the environment and in `.env` is read as it is meant: a misspelt limit in dollars is none."""

import difflib
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream

from frontispiece.errors import BadInput

PREFIX: Final = "FRONTISPIECE_"
_MOST_BYTES: Final = 1_000_000
_FORMER: Final = {
    **dict.fromkeys(("OPENAI_API_BASE", "OPENAI_API_BASE_URL"), "OPENAI_BASE_URL"),
    "FAL_API_KEY": "FAL_KEY",
    "REPLICATE_API_KEY": "REPLICATE_API_TOKEN",
}
"""Names by which others read the same, now or once: in our own file they are meant for us."""
_ANOTHER_ASSIGNED: Final = re.compile(r"[\s;](\w+)\s*=")
_REFERENCE: Final = re.compile(r"\$\{([^}:]*)\}")
_OF_A_POD: Final = re.compile(r"(.+?)_(SERVICE|PORT)(_.*)?")


def check_variables(known: Mapping[str, str], environment: Collection[str], env_file: Path) -> None:
    """Refuse names that are meant for us and that nobody reads, and lines of `env_file` that are not read as meant.

    `known` has all names that are read, and for each the one to recommend; capitals and small letters are the same.
    Names of others are none of our business, but for one that is a letter away from a vendor's name that we read and
    that is not given. Raises BadInput, which never quotes a value.
    """
    names = {name.upper() for name in environment}
    bindings = list(_bindings(env_file))
    given = names | {binding.key.upper() for binding in bindings if binding.key}
    for name in sorted(names - known.keys()):
        meant = _meant(name, known, given, _is_a_letter_away)
        if meant or (_is_ours(name) and not _names_a_service(name, names)):
            raise BadInput(_unknown(name, known, meant))
    lines: dict[str, int] = {}
    for binding in bindings:
        if complaint := _complaint(binding, known, given, lines):
            raise BadInput(f"{env_file}, line {_line(binding)}: {complaint}")


def _bindings(env_file: Path) -> Iterator[Binding]:
    if env_file.is_dir():
        if (env_file / "pyvenv.cfg").exists():  # some call their virtual environment so
            return
        raise BadInput(f"{env_file} is a folder; settings are read from a file of that name.")
    if env_file.exists() and (not env_file.is_file() or env_file.stat().st_size > _MOST_BYTES):
        raise BadInput(f"{env_file} is no plain file of less than a megabyte.")
    try:
        text = env_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise BadInput(f"{env_file} cannot be read: {error.strerror}.") from None
    if "\0" in text:  # UTF-16 without a mark
        raise BadInput(f"{env_file} is not UTF-8: save it as plain text in that encoding.")
    yield from parse_stream(io.StringIO(text))


def _line(binding: Binding) -> int:
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _complaint(binding: Binding, known: Mapping[str, str], names: set[str], lines: dict[str, int]) -> str | None:
    if binding.value is None:
        text = binding.original.string.upper() if binding.error or binding.key else ""  # else a comment
        ours = next((word for word in re.findall(r"\w+", text) if word in known or _is_ours(f"{word}_?")), None)
        return f"{ours} is not given as NAME=value." if ours else None
    name = (binding.key or "").upper()
    for also in _ANOTHER_ASSIGNED.findall(binding.value.upper()):
        if any(each in known or _is_ours(each) for each in (name, also)):
            return f"{also if also in known else 'another name'} is set within the value of {name}: write one a line."
    if name in known:
        if unset := next((each for each in _REFERENCE.findall(binding.value) if each.upper() not in names), None):
            return f"{name} takes its value from {unset}, which is not set: without it the default would hold."
        first = lines.setdefault(known[name], _line(binding))
        return f"{name} is set twice, first in line {first}." if first != _line(binding) else None
    meant = _meant(name, known, names, _is_close)
    return _unknown(name, known, meant) if meant or _is_ours(name) else None


def _meant(
    name: str, known: Mapping[str, str], given: Collection[str], is_close: Callable[[str, str], bool]
) -> str | None:
    """The vendor's name that this one stands for, unless that is given, too."""
    vendors = sorted(each for each in known if not each.startswith(PREFIX) and each not in given)
    return next((each for each in vendors if is_close(name, each)), None)


def _is_close(name: str, vendors: str) -> bool:
    """In our own file; what goes on after a line, such as FAL_KEY_ID, is something else."""
    if name in _FORMER:
        return _FORMER[name] == vendors
    ratio = difflib.SequenceMatcher(None, name, vendors, autojunk=False).ratio()
    is_alike = ratio >= 0.9 and not name.startswith(f"{vendors}_")
    return is_alike or _is_a_letter_away(name, vendors)


def _is_a_letter_away(name: str, vendors: str) -> bool:
    """One letter more, less or other, but for the first: CF_TOKEN is no HF_TOKEN."""
    short, long = sorted((name, vendors), key=len)
    same = next(
        (place for place, (one, other) in enumerate(zip(short, long, strict=False)) if one != other), len(short)
    )
    rest = long[same + 1 :]
    return same > 0 and short != long and rest in (short[same:], short[same + 1 :])


def _is_ours(name: str) -> bool:
    """Whether it begins with our prefix, or nearly so."""
    head, line, _ = _with_lines(name).partition("_")
    return line != "" and difflib.SequenceMatcher(None, head, PREFIX[:-1], autojunk=False).ratio() >= 0.8


def _with_lines(name: str) -> str:
    """The name as it was meant: some write a dash or a dot for the line."""
    return re.sub(r"[-.]", "_", name)


def _names_a_service(name: str, names: Collection[str]) -> bool:
    """Kubernetes gives every pod such variables about each service, and a service may be called as we are."""
    found = _OF_A_POD.fullmatch(name)
    return found is not None and f"{found[1]}_SERVICE_HOST" in names


def _unknown(name: str, known: Mapping[str, str], meant: str | None) -> str:
    endings = {each.removeprefix(PREFIX): meant for each, meant in known.items()}
    close = [] if meant else difflib.get_close_matches(_with_lines(name).partition("_")[2], endings, 1)
    meant = endings[close[0]] if close else meant
    return f"{name} is no setting: " + (f"did you mean {meant}?" if meant else "correct it, or remove it.")
