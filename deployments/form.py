"""Makes the form of a deployment plain: what may be left empty is one field, not a choice between it and null."""

from typing import Any, Final

from prefect.utilities.callables import ParameterSchema

_FOURTH: Final = "(?:[02468][048]|[13579][26])"
DATE: Final = (
    r"^(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9][0-9](?!00){_FOURTH}|{_FOURTH}00)-02-29)(?![\s\S])"
)
"""What stands in the calendar. The server checks forms by their patterns alone; what a flow refuses is a failed run."""


class Form(ParameterSchema):
    """The schema of a flow's parameters by which the server checks them; it refuses unknown ones."""

    additionalProperties: bool = False  # noqa: N815 JSON Schema's own name


def plain(parameters: ParameterSchema) -> Form:
    """The same parameters without `null`; dates get a pattern, for their format alone is not checked.

    A parameter without a default may be left empty all the same: Prefect takes null for it.
    """
    properties = {name: _plain(schema) for name, schema in parameters.properties.items()}
    return Form(**{**parameters.model_dump(), "properties": properties, "additionalProperties": False})


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        schema = {**kinds[0], **rest}
    if schema.get("format") == "date":
        schema = {**schema, "pattern": DATE}
    return schema
