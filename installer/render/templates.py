"""A component's templates, filled with names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError

from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.messages import Message
from installer.render import interpreter


def render(component: Component, text: str, names: Mapping[str, Any]) -> str:
    """Render one of a component's template files.

    Raises:
        BundleNotTrusted: the template is missing, malformed, or uses a name that is not defined.
    """
    where = Message("component {name}, {text}", name=component.name, text=text)
    if text not in component.texts:
        raise BundleNotTrusted(bundle=where, reason=Message("the bundle does not carry this file"))
    return _render(where, component.texts[text], names)


def fill(component: Component, source: str, names: Mapping[str, Any]) -> str:
    """Render a template that stands in a component's specification itself.

    Raises:
        BundleNotTrusted: it is malformed, or uses a name that is not defined.
    """
    return _render(Message("component {name}, {source}", name=component.name, source=repr(source[:60])), source, names)


def _render(where: str, source: str, names: Mapping[str, Any]) -> str:
    try:
        return interpreter.rendered(source, names)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise BundleNotTrusted(
            bundle=f"{where}:{line}" if line else where,
            reason=Message("template cannot be rendered: {reason}", reason=error),
            hint=Message("this is a fault of the bundle; tell the vendor"),
        ) from error
