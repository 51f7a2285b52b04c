"""Makes the form of a deployment: plain fields, and rules by which the server refuses what no run could do.

The server knows JSON Schema, and names in its answer the field, what stands in it, and what would fit: that is why
words for people stand in these schemas where a pattern is not met.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeAlias

from prefect.utilities.callables import ParameterSchema

from frontispiece import registry
from frontispiece.errors import BadInput
from frontispiece.sources.ids import PASTED

Schema: TypeAlias = dict[str, Any]

_FOURTH: Final = "(?:[02468][048]|[13579][26])"
_DAY: Final = (
    "(?:(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9][0-9](?!00){_FOURTH}|{_FOURTH}00)-02-29))"
)
"""What stands in the calendar."""
_MONTH: Final = "(?:(?!0000)[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?)"
_END: Final = r"(?![\s\S])"
_PLACE: Final = r"[0-9-]*\s*\.\.\s*\1"
RISING: Final = rf"^(?!\s*([0-9-]*)(?:{'|'.join(f'{digit}{_PLACE}[0-{digit - 1}]' for digit in range(1, 10))}))"
"""No range whose days differ first at a digit that is greater in its beginning."""


def day_pattern(today: date | None = None) -> str:
    """A day as JSON has it, none after `today`."""
    return f"^{_not_after(today)}{_DAY}{_END}"


def days_pattern(today: date | None = None) -> str:
    """Days as `frontispiece.dates.parse_days` reads them, none after `today`."""
    end = f"(?:{_any_case('today')}|{_any_case('yesterday')}|{_not_after(today)}(?:{_DAY}|{_MONTH}))"
    last = rf"{_any_case('last')}(?:\s+|-)(?!0+(?![0-9]))[0-9]{{1,6}}(?:\s+|-){_any_case('day')}[sS]?"
    return rf"^\s*(?:{last}|{end}(?:\s*\.\.\s*{end})?)\s*{_END}"


def _not_after(today: date | None) -> str:
    """Refuses a day, month or year that is later: at the first digit that differs, it has a greater one."""
    if today is None:
        return ""
    text = str(today)
    later = [f"{text[:at]}[{int(digit) + 1}-9]" for at, digit in enumerate(text) if digit in "012345678"]
    return f"(?!{'|'.join(later)})"


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


def form_of(parameters: ParameterSchema, today: date | None) -> Schema:
    """The JSON schema by which the server checks a run's parameters; it refuses unknown ones.

    What may be left empty is one field, not a choice between it and null. Days after `today` are refused, where it is
    given: a form has to be put in place anew every day then. A parameter without a default may be left empty all the
    same: Prefect takes null for it.
    """
    schema = parameters.model_dump(exclude_unset=True)
    properties = {name: _field(name, field, today) for name, field in parameters.properties.items()}
    rules = [_batches()] if "batch" in properties else []
    return {**schema, "properties": properties, "additionalProperties": False, **({"allOf": rules} if rules else {})}


def _field(name: str, schema: Schema, today: date | None) -> Schema:
    kinds = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        schema = {**kinds[0], **rest}
    if "gt" in schema:  # pydantic's word for it, where the type is more than a number
        schema = {**{key: value for key, value in schema.items() if key != "gt"}, "exclusiveMinimum": schema["gt"]}
    rules = _RULES.get(name)
    return {**schema, **rules(today)} if rules else schema


def _fits(pattern: str, words: str) -> Schema:
    """What is no match is none of these words either, as the server then says."""
    return {"if": {"pattern": pattern}, "else": {"enum": [words]}}


def _day(today: date | None) -> Schema:
    return _fits(day_pattern(today), f"a day of the calendar{_until(today)}, such as 2024-10-31")


def _days(today: date | None) -> Schema:
    words = f"days{_until(today)}, such as 2024-10-01..2024-10-31, 2024-10, last 30 days, yesterday, or one day"
    return {
        "allOf": [_fits(days_pattern(today), words), _fits(RISING, "a range from the earlier day to the later one")]
    }


def _ids(_: date | None) -> Schema:
    words = "an arXiv id or the address of a paper, such as 2410.24175 or hep-th/9901001"
    return {"items": {"type": "string", **_fits(PASTED, words)}}


def _until(today: date | None) -> str:
    return f" until {today} (UTC)" if today else ""


_RULES: Final[dict[str, Callable[[date | None], Schema]]] = {"day": _day, "days": _days, "ids": _ids}


def _batches() -> Schema:
    """Prompts are ordered in batches from a writer that takes them."""
    writers = [name for name in registry.registered(registry.WRITERS) if _takes_batches(name)]
    return {
        "if": {"properties": {"batch": {"const": True}}, "required": ["batch"]},
        "then": {"properties": {"writer": {"enum": writers}}},
    }


def _takes_batches(writer: str) -> bool:
    """Unless its class says that it never does."""
    try:
        return getattr(registry.load(registry.WRITERS, writer), "batches", True) is not None
    except BadInput:
        return False
