"""The key of a song: what was asked for where the audio leaves room for it, else what was heard."""

from __future__ import annotations

from collections.abc import Sequence

from aurax.arrange.hearing import Heard
from aurax.arrange.tonal import MAJOR_TONICS, MINOR_TONICS
from aurax.compose.style import Style
from aurax.intent.intent import Intent
from aurax.score.key import Key

_KEY_CONFIDENCE = 0.25
"""Below, the asked-for key is believed rather than the ear."""
_RARE_SHARE = 0.25


def choose_key(intent: Intent, heard: Heard, style: Style) -> tuple[Key, str]:
    """The key, and a sentence where it is not the one asked for.

    Args:
        intent: tonic and mode that were asked for, if any.
        heard: the key that the piece seems to have.
        style: its typical keys tell a key from its relative.
    """
    keys = [Key.parse(text) for text in style.info.typical_keys]
    typical = keys[0]
    asked = None
    if intent.tonic is not None or intent.mode is not None:
        base = heard.key or typical
        asked = Key(intent.tonic or base.tonic, intent.mode or base.mode)
    if heard.key is None:
        return asked or typical, ""
    if asked is None:
        return _in_style(heard.key, keys), ""
    same_tonic = asked.tonic_pitch_class == heard.key.tonic_pitch_class
    if same_tonic and asked.is_minor == heard.key.is_minor:
        return asked, ""
    if heard.key_confidence < _KEY_CONFIDENCE or set(asked.pitch_classes) == set(heard.key.pitch_classes):
        return asked, ""
    return heard.key, f"{asked} was asked for and {heard.key} was generated; the song is written down in {heard.key}."


def _in_style(key: Key, typical: Sequence[Key]) -> Key:
    """The key, or its relative (the same notes) where nearly all of the style's keys are of that kind."""
    same = sum(one.is_minor == key.is_minor for one in typical) / len(typical)
    if same > _RARE_SHARE:
        return key
    relative = (key.tonic_pitch_class + (3 if key.is_minor else 9)) % 12
    return Key((MAJOR_TONICS if key.is_minor else MINOR_TONICS)[relative], "major" if key.is_minor else "minor")
