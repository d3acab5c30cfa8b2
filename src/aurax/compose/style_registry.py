"""Finding the installed styles."""

from __future__ import annotations

from aurax.compose.style import Style
from aurax.errors import BrokenPlugin
from aurax.plugins import plugin_modules


def load_styles() -> dict[str, Style]:
    """Load every installed style, by name.

    Raises:
        BrokenPlugin: a style module has no `STYLE`, or two styles share a name.
    """
    styles: dict[str, Style] = {}
    for module in plugin_modules("aurax.styles"):
        style = getattr(module, "STYLE", None)
        if not isinstance(style, Style):
            raise BrokenPlugin(
                f"module {module.__name__} to define STYLE, a Style", repr(type(style).__name__), "add it or remove it"
            )
        if style.info.name in styles:
            raise BrokenPlugin("style names to be unique", repr(style.info.name), "rename one of the two styles")
        styles[style.info.name] = style
    return styles
