"""Whether what stands in the environment and in `.env` is read as it is meant: a misspelt limit in dollars is none."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream

from frontispiece.errors import BadInput

PREFIX: Final = "FRONTISPIECE_"
_ANOTHER_ASSIGNED: Final = re.compile(r"[\s;](\w+)\s*=")
_OF_A_POD: Final = re.compile(r"(.+?)_(SERVICE|PORT)(_.*)?")


def check_variables(known: Mapping[str, str], environment: Collection[str], env_file: Path) -> None:
    """Refuse names that are meant for us and that nobody reads, and lines of `env_file` that are not read as meant.

    `known` has all names that are read, and for each the one to recommend; capitals and small letters are the same.
    Names of others are none of our business. Raises BadInput, which never quotes a value.
    """
    names = {name.upper() for name in environment}
    for name in sorted(names):
        if _is_ours(name) and name not in known and not _names_a_service(name, names):
            raise BadInput(_unknown(name, known))
    bindings = list(_bindings(env_file))
    names.update(binding.key.upper() for binding in bindings if binding.key)
    for binding in bindings:
        if complaint := _complaint(binding, known, names):
            raise BadInput(f"{env_file}, line {_line(binding)}: {complaint}")


def _bindings(env_file: Path) -> Iterator[Binding]:
    if env_file.is_dir():
        if (env_file / "pyvenv.cfg").exists():  # some call their virtual environment so
            return
        raise BadInput(f"{env_file} is a folder; settings are read from a file of that name.")
    try:
        with env_file.open(encoding="utf-8") as file:
            yield from parse_stream(file)
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise BadInput(f"{env_file} is not UTF-8: save it as plain text in that encoding.") from None
    except OSError as error:
        raise BadInput(f"{env_file} cannot be read: {error.strerror}.") from None


def _line(binding: Binding) -> int:
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _complaint(binding: Binding, known: Mapping[str, str], names: set[str]) -> str | None:
    if binding.value is None:
        text = binding.original.string.upper() if binding.error or binding.key else ""  # else a comment
        ours = next((word for word in re.findall(r"\w+", text) if word in known or _is_ours(f"{word}_?")), None)
        return f"{ours} is not given as NAME=value." if ours else None
    name = (binding.key or "").upper()
    for also in _ANOTHER_ASSIGNED.findall(binding.value.upper()):
        if any(each in known or _is_ours(each) for each in (name, also)):
            return f"{also if also in known else 'another name'} is set within the value of {name}: write one a line."
    if name in known:
        return None
    if _is_ours(name):
        return _unknown(name, known)
    vendors = {each for each in known if not each.startswith(PREFIX)} - names
    meant = difflib.get_close_matches(name, vendors, 1, cutoff=0.9)
    return _unknown(name, known) if meant and not name.startswith(meant[0]) else None


def _is_ours(name: str) -> bool:
    """Whether it begins with our prefix, or nearly so."""
    head, _, rest = _with_lines(name).partition("_")
    return rest != "" and difflib.SequenceMatcher(None, head, PREFIX[:-1], autojunk=False).ratio() >= 0.8


def _with_lines(name: str) -> str:
    """The name as it was meant: some write a dash or a dot for the line."""
    return re.sub(r"[-.]", "_", name)


def _names_a_service(name: str, names: Collection[str]) -> bool:
    """Kubernetes gives every pod such variables about each service, and a service may be called as we are."""
    found = _OF_A_POD.fullmatch(name)
    return found is not None and f"{found[1]}_SERVICE_HOST" in names


def _unknown(name: str, known: Mapping[str, str]) -> str:
    endings = {each.removeprefix(PREFIX): meant for each, meant in known.items()}
    ending = _with_lines(name).partition("_")[2] if _is_ours(name) else name
    close = difflib.get_close_matches(ending, endings, 1)
    return f"{name} is no setting: " + (f"did you mean {endings[close[0]]}?" if close else "correct it, or remove it.")
