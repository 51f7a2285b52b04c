"""Makes the form of a deployment plain: what may be left empty is one field, not a choice between it and null."""

from typing import Any, Final

from prefect.utilities.callables import ParameterSchema

DATE: Final = r"^\d{4}-\d{2}-\d{2}$"


class Form(ParameterSchema):
    """The schema of a flow's parameters by which the server checks them; it refuses unknown ones."""

    additionalProperties: bool = False  # noqa: N815 JSON Schema's own name


def plain(parameters: ParameterSchema) -> Form:
    """The same parameters without `null`; dates get a pattern, because their format alone is not checked.

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
