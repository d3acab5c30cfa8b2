"""Adjectives: what they change in the sound, and that none leaves its bounds."""

from __future__ import annotations

import pytest
from builders.small_plan import production, small_plan

from aurax.score.character import Character
from aurax.score.plan import Plan
from aurax.score.production import ProductionProfile
from aurax.score.sound import sound_of


@pytest.fixture
def profile() -> ProductionProfile:
    return production(
        role_level_lu={"kick": -7, "bass": -8, "pad": -12},
        sidechain_bass_db=4.0,
        sidechain_pad_db=3.0,
        sidechain_release_s=0.18,
        reverb_return_lu=-16.0,
        reverb_s=1.2,
    )


def plan_of(profile: ProductionProfile, **character: float) -> Plan:
    return small_plan(production=profile, character=Character(**character))


def test_without_adjectives_the_sound_is_the_style(profile: ProductionProfile) -> None:
    assert sound_of(plan_of(profile)) == profile


def test_each_adjective_moves_its_own_number(profile: ProductionProfile) -> None:
    sound = sound_of(plan_of(profile, reverb_db=3, saturation_db=5, width_percent=20, wow_cents=3, sidechain_db=2))
    assert sound.reverb_return_lu == profile.reverb_return_lu + 3
    assert sound.saturation_db == 5
    assert sound.width_percent == 120
    assert sound.wow_cents == 3
    assert (sound.sidechain_bass_db, sound.sidechain_pad_db) == (6.0, 5.0)
    assert sound.role_level_lu == profile.role_level_lu


def test_more_low_end_lifts_kick_and_bass_and_the_tone_of_the_master(profile: ProductionProfile) -> None:
    sound = sound_of(plan_of(profile, low_end_db=3))
    assert sound.role_level_lu["kick"] == profile.role_level_lu["kick"] + 1.5
    assert sound.role_level_lu["pad"] == profile.role_level_lu["pad"]
    assert sound.spectrum.low_over_1k_db == profile.spectrum.low_over_1k_db + 1.5


def test_adjectives_never_leave_the_bounds_or_duck_a_style_that_does_not(profile: ProductionProfile) -> None:
    wild = sound_of(plan_of(profile, reverb_db=60, saturation_db=-60, width_percent=-500, wow_cents=900))
    assert wild.reverb_return_lu == -4.0
    assert (wild.saturation_db, wild.width_percent, wild.wow_cents) == (0.0, 0.0, 20.0)
    plan = plan_of(profile, sidechain_db=4)
    still = plan.production.model_copy(update={"sidechain_bass_db": 0.0, "sidechain_pad_db": 0.0})
    assert sound_of(plan.model_copy(update={"production": still})).sidechain_bass_db == 0.0
