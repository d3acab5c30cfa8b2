"""What one person may take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aurax.errors import InvalidOption, LimitReached
from aurax.services.people.limits import Limits, Use, check_limits

LATER = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
USED_UP = [
    ({"songs_at_once": 2}, {"songs_at_once": 2}, "2 in the making"),
    ({"songs_per_day": 5}, {"songs_per_day": 6, "day_frees_at": LATER}, "ask again after 2026-11-27 08:30 UTC"),
    ({"stored_bytes": 10_000_000}, {"stored_bytes": 12_300_000}, "12.3 MB stored"),
    ({"usd_per_month": 1.0}, {"micro_usd_per_month": 1_000_000, "month_ends_at": LATER}, r"\$1.00 spent or reserved"),
]


@pytest.mark.parametrize(("limits", "use", "told"), USED_UP)
def test_a_limit_that_is_used_up_refuses_another_song_and_says_so(
    limits: dict[str, Any], use: dict[str, Any], told: str
) -> None:
    with pytest.raises(LimitReached, match=told) as refused:
        check_limits(Limits(**limits), Use(**use), may_cost=True)
    assert [refused.value.limit] == list(limits)


@pytest.mark.parametrize(("limits", "use", "_told"), USED_UP)
def test_without_limits_nothing_is_refused(limits: dict[str, Any], use: dict[str, Any], _told: str) -> None:
    assert check_limits(Limits(), Use(**use), may_cost=True) is None


def test_a_refusal_tells_when_there_is_room_again() -> None:
    with pytest.raises(LimitReached) as refused:
        check_limits(Limits(songs_per_day=1), Use(songs_per_day=1, day_frees_at=LATER), may_cost=False)
    assert refused.value.frees_at == LATER


def test_a_song_that_costs_nothing_is_not_refused_for_money() -> None:
    used = Use(micro_usd_per_month=2_000_000, month_ends_at=LATER)
    assert check_limits(Limits(usd_per_month=1.0), used, may_cost=False) is None


def test_no_songs_at_all_may_be_allowed() -> None:
    with pytest.raises(LimitReached, match="ask the operator"):
        check_limits(Limits(songs_per_day=0), Use(), may_cost=False)


def test_a_person_s_own_limits_replace_those_of_the_settings_by_name() -> None:
    settings = Limits(songs_at_once=2, songs_per_day=20)
    assert settings.with_own({"songs_per_day": None}) == Limits(songs_at_once=2)


@pytest.mark.parametrize("own", [{"songs": 1}, {"songs_at_once": -1}, {"usd_per_month": float("inf")}])
def test_what_is_no_limit_is_refused(own: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match="limits among songs_at_once"):
        Limits().with_own(own)
