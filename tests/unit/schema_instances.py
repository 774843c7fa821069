"""
Values that a JSON Schema allows, for as much of JSON Schema as the vendors' documents use.
"""

from typing import Any

from hypothesis import strategies as st

ZONES = st.sampled_from(["Z", "+0000", "+00:00", "-0930", "+05:45"])
TIMES = st.builds(lambda at, zone: at.isoformat() + zone, st.datetimes(), ZONES)
NUMBERS = {
    "integer": st.integers,
    "number": lambda low, high: st.floats(low, high, allow_nan=False, allow_infinity=False),
}
HERE = {"integer": 10_000, "number": 1e6}
"""How far a number goes where the schema sets no bound."""


def instances(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value that the schema allows; references are looked up in the document."""
    if "$ref" in schema:
        return st.deferred(lambda: instances(resolve(schema["$ref"], document), document))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return st.one_of([instances(one, document) for one in schema[choice]])
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    return st.one_of([of_type(kind, schema, document) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def resolve(reference: str, document: dict[str, Any]) -> dict[str, Any]:
    """Find what a reference of the document points to."""
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    resolved: dict[str, Any] = found
    return resolved


def of_type(kind: str, schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value of one type of a schema."""
    if kind == "object":
        return objects(schema, document)
    if kind == "array":
        return st.lists(instances(schema.get("items", {}), document), max_size=3)
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if kind in NUMBERS:
        return NUMBERS[kind](schema.get("minimum", -HERE[kind]), schema.get("maximum", HERE[kind]))
    return texts(schema)


def objects(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any object: what is required is there, the rest may be."""
    properties = {name: instances(one, document) for name, one in schema.get("properties", {}).items()}
    required = {name: properties.pop(name) for name in schema.get("required", []) if name in properties}
    return st.fixed_dictionaries(required, optional=properties)


def texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Any text; where the schema has examples, often one of those."""
    if schema.get("format") == "date-time":
        return TIMES
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    examples = [e for e in (*schema.get("examples", ()), schema.get("example")) if isinstance(e, str)]
    return st.sampled_from(examples) | st.text(max_size=12) if examples else st.text(max_size=12)
