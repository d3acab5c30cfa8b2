"""Links to share cannot be made up, changed or used after their time."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from aurax.adapters.http.shares import Share, Shares
from aurax.errors import NotFound
from aurax.settings import Settings

KEYS = tuple(base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def shares(tmp_path: Path, keys: str = KEYS[0]) -> Shares:
    return Shares(Settings.load(data_dir=tmp_path, payload_key=keys))


def test_a_link_leads_to_its_song_until_its_time(tmp_path: Path) -> None:
    share = Share(song=32 * "a", owner="ann", until=time.time() + 60)
    assert shares(tmp_path).open(shares(tmp_path).link(share)) == share
    ended = shares(tmp_path).link(share.model_copy(update={"until": time.time() - 1}))
    with pytest.raises(NotFound):
        shares(tmp_path).open(ended)


def test_every_changed_character_makes_a_link_invalid(tmp_path: Path) -> None:
    link = shares(tmp_path).link(Share(song=32 * "a", until=time.time() + 60))
    for place in range(0, len(link) - 1, 7):
        other = "A" if link[place] != "A" else "B"
        with pytest.raises(NotFound):
            shares(tmp_path).open(link[:place] + other + link[place + 1 :])
    for nonsense in ("", "x", "ü", link[:20], "A" * 100):
        with pytest.raises(NotFound):
            shares(tmp_path).open(nonsense)


def test_links_outlive_a_new_key_and_end_with_their_own(tmp_path: Path) -> None:
    link = shares(tmp_path, KEYS[0]).link(Share(song=32 * "a", until=time.time() + 60))
    assert shares(tmp_path, f"{KEYS[1]},{KEYS[0]}").open(link).song == 32 * "a"
    with pytest.raises(NotFound):
        shares(tmp_path, KEYS[1]).open(link)
