"""The configuration's schema in the two forms people read: the commented example file, and the reference page.

Both are made of the models in `config.py`: keys, types, defaults and examples, and what the docstrings say.
"""

import ast
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline import config
from pipeline.config import Config, table_kind

_WIDTH, _COLUMN = 120, 32
_HEAD = """\
# Newsfold's configuration. Every key is shown with its default, or with an example where it has none.
# Only [[sources]] is needed. Relative paths start at this file. Passwords never stand here.
"""
_REFERENCE_HEAD = """\
# Configuration

One TOML file, by default `newsfold.toml` in the working folder. Every key may be left out unless its default is
*needed*. Relative paths start at the file. An unknown key is an error that names the nearest valid one.
`newsfold config check` looks at all that can be looked at without sending mail; `newsfold config example` writes a
commented file to start from.

<!-- Made by `make docs` from src/pipeline/config.py. -->
"""
_NAMES: Mapping[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    PurePath: "path",
    SecretStr: "web address, never shown",
}
_BOUNDS = (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `default` and `examples` are TOML values; the default is empty where there is none."""

    name: str
    kind: str
    default: str
    examples: tuple[str, ...]
    about: str
    choices: tuple[str, ...]
    needed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its header, what it is about, its keys, which of them the example sets, and whether it is there."""

    header: str
    about: str
    keys: tuple[Key, ...]
    shown: frozenset[str]
    optional: bool


def tables() -> tuple[Table, ...]:
    """Every table of the configuration in the file's order, the keys of its top first."""
    return tuple(_tables(Config, "", FieldInfo()))


def example() -> str:
    """The commented file: valid TOML, in which every key stands once."""
    return _HEAD + "".join(f"\n{_example_table(table)}" for table in tables())


def reference() -> str:
    """The reference page in Markdown: a table for each table."""
    return _REFERENCE_HEAD + "".join(f"\n{_reference_table(table)}" for table in tables())


def _tables(model: type[BaseModel], path: str, field: FieldInfo) -> Iterator[Table]:
    """A model's table and those below it."""
    is_list = get_origin(field.annotation) is tuple
    yield Table(
        header=f"[[{path}]]" if is_list else path and f"[{path}]",
        about=(inspect.getdoc(model) or "").partition("\n")[0],
        keys=tuple(_keys(model)),
        shown=frozenset(key for example in field.examples or () for key in example[0]),
        optional=(is_list and not field.examples) or (bool(path) and field.default is None),
    )
    for name, below in model.model_fields.items():
        if (kind := table_kind(below.annotation)) and not _is_inline(below):
            yield from _tables(kind, f"{path}.{name}".lstrip("."), below)


def _keys(model: type[BaseModel]) -> Iterator[Key]:
    """The plain keys of a model."""
    for name, field in model.model_fields.items():
        if table_kind(field.annotation) is None or _is_inline(field):
            yield Key(
                name=name,
                kind=_kind(field.annotation) + _bounds(field),
                default="" if field.default in (None, PydanticUndefined) else _toml(field.default),
                examples=tuple(map(_toml, field.examples or ())),
                about=_docstrings()[model.__name__][name],
                choices=tuple(map(_toml, _choices(field.annotation))),
                needed=field.is_required(),
            )


def _is_inline(field: FieldInfo) -> bool:
    """Whether the field's tables stand in one line."""
    return field.json_schema_extra == config.INLINE


@cache
def _docstrings() -> Mapping[str, Mapping[str, str]]:
    """What stands below each attribute, by class and name.

    Pydantic's `use_attribute_docstrings` would read it too, but for every command: that is a seventh of the time which
    loading `config` takes.
    """
    body = ast.parse(inspect.getsource(config)).body
    return {node.name: dict(_documented(node.body)) for node in body if isinstance(node, ast.ClassDef)}


def _documented(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The attributes of a class that a docstring follows, with it on one line."""
    for attribute, text in pairwise(body):
        match attribute, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(about))):
                yield name, " ".join(about.split())


def _kind(annotation: object) -> str:
    """A type for people."""
    if get_origin(annotation) is tuple:
        return f"list of {_kind(get_args(annotation)[0])}"
    if get_origin(annotation) is Literal:
        return _alternatives([f"`{_toml(value)}`" for value in get_args(annotation)])
    kinds = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type) and one is not type(None)]
    for kind, name in _NAMES.items():
        if any(one is kind or (kind is PurePath and issubclass(one, PurePath)) for one in kinds):
            return name
    inner = [one for one in get_args(annotation) if one is not type(None) and get_args(one)]
    return _kind(inner[0]) if inner else "mail address"


def _bounds(field: FieldInfo) -> str:
    """What a number may be."""
    limits = ((name, getattr(rule, sign, None)) for rule in field.metadata for sign, name in _BOUNDS)
    found = [f"{name} {limit}" for name, limit in limits if limit is not None]
    return f", {' and '.join(found)}" if found else ""


def _choices(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _toml(value: Any) -> str:  # noqa: ANN401 - whatever a field may hold
    """A value as TOML writes it; text as JSON does, which TOML reads alike."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(str(value) if isinstance(value, PurePath) else value, ensure_ascii=False)


def _alternatives(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _example_table(table: Table) -> str:
    """One table of the example: its comment, its header and its keys with their comments."""
    lines = [(_assignment(key, key.name in table.shown), _comment(key)) for key in table.keys]
    head = [f"# {table.about}", f"# {table.header}" if table.optional else table.header] if table.header else []
    return "\n".join([*head, *(row for line in lines for row in _aligned(*line)), ""])


def _assignment(key: Key, is_set: bool) -> str:
    """A key with its default or its first example; commented out unless the example sets it."""
    value = key.default or next(iter(key.examples))
    return f"{'' if is_set else '# '}{key.name} = {value}"


def _comment(key: Key) -> str:
    """What a key means as half a sentence, with its choices, or an example of what else it may be."""
    about = key.about.removesuffix(".")
    about = about[0].lower() + about[1:] if about[1:2].islower() or about[1:2] == " " else about
    if key.choices:
        return f"{about} ({_alternatives(key.choices)})"
    return f"{about}, such as {key.examples[0]}" if key.default and key.examples else about


def _aligned(line: str, comment: str) -> Iterable[str]:
    """An assignment with its comment behind it, or above it where both are too long for one line."""
    row = f"{line:{_COLUMN - 2}}  # {comment}"
    return (row,) if len(row) <= _WIDTH else (f"# {comment}", line)


def _reference_table(table: Table) -> str:
    """One table of the reference page."""
    head = f"## `{table.header}`\n\n{table.about}\n" if table.header else "## At the top of the file\n"
    rows = (f"| `{key.name}` | {key.kind} | {_default(key)} | {_with_example(key)} |" for key in table.keys)
    return "\n".join([head, "| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _default(key: Key) -> str:
    if key.needed:
        return "*needed*"
    return f"`{key.default}`" if key.default else "none"


def _with_example(key: Key) -> str:
    """What a key means, with examples. A bar would end the cell."""
    examples = f" Such as {_alternatives([f'`{one}`' for one in key.examples])}." if len(key.examples) > 1 else ""
    if len(key.examples) == 1:
        examples = f" Such as `{key.examples[0]}`."
    return (key.about + examples).replace("|", "\\|")
