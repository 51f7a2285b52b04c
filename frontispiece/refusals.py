"""What a value ought to be, where it is not: in our words, for pydantic's are about its own types."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a day such as 2024-10-31",
}
_BOUNDS: Final = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def wanted(problem: "ErrorDetails") -> str | None:
    """What is wanted, such as `a whole number`; None where pydantic's own sentence has to do."""
    kind, context = problem["type"], problem.get("ctx", {})
    if bound := _BOUNDS.get(kind):
        words, name = bound
        return f"{words} {context[name]}"
    if kind == "literal_error":
        return str(context["expected"])
    if kind in ("finite_number", "predicate_failed"):  # IsFinite is the only predicate there is
        return "a finite number"
    return _KINDS.get(kind.partition("_")[0])
