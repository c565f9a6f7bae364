"""Templates to HTML: one environment that escapes everything, and the colours every template is given."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.forms.palette import DARK, LIGHT
from pipeline.forms.words import clip


def laid_out(template: str, **values: object) -> str:
    """The template filled with the values, all of them escaped, without its own indents and blank lines.

    The view's strings hold no line breaks, so none of their words are moved.
    """
    html = _environment().get_template(template).render(**values, light=LIGHT, dark=DARK)
    return re.sub(r"\n\s*", "\n", html).strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clip"] = lambda text, limit: text if limit is None else clip(text, limit)
    return environment
