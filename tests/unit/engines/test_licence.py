import pytest

from aurax.engines.engine_registry import load_engines
from aurax.engines.licence import Licence, require_licence
from aurax.errors import LicenceForbids

FREE = Licence(name="MIT", commercial=True)
PRIVATE = Licence(name="CC-BY-NC-4.0", commercial=False)


def test_a_song_for_commercial_use_refuses_weights_that_forbid_it() -> None:
    with pytest.raises(LicenceForbids) as caught:
        require_licence("musicgen-small", PRIVATE, commercial=True)
    assert caught.value.found == "CC-BY-NC-4.0"
    assert "musicgen-small" in caught.value.expected
    assert "aurax engines" in caught.value.fix
    assert not caught.value.retryable


def test_a_private_song_may_use_any_weights_and_commercial_ones_free_ones() -> None:
    require_licence("musicgen-small", PRIVATE, commercial=False)
    require_licence("ace-step", FREE, commercial=True)
    require_licence("ace-step", FREE, commercial=False)


def test_every_engine_with_weights_says_where_its_licence_is_stated() -> None:
    unsourced = [
        name for name, spec in load_engines().items() if spec.info.needs_weights and not spec.info.licence.source
    ]
    assert unsourced == []


@pytest.mark.parametrize(
    ("engine", "commercial"),
    [("musicgen-small", False), ("musicgen-stereo-melody", False), ("ace-step", True), ("debug", True), ("hpss", True)],
)
def test_the_known_engines_say_whether_commercial_use_is_allowed(engine: str, commercial: bool) -> None:
    assert load_engines()[engine].info.licence.commercial is commercial


@pytest.mark.parametrize("engine", ["stable-audio-open", "stable-audio-3"])
def test_a_licence_with_conditions_counts_as_one_that_forbids(engine: str) -> None:
    licence = load_engines()[engine].info.licence
    with pytest.raises(LicenceForbids):
        require_licence(engine, licence, commercial=True)
    assert "conditions" in licence.notice
