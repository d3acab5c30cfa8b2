from datetime import UTC, datetime, timedelta

from aurax.produce.retention import Bounds, Choice, KeptSong, choose

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def song(
    name: str, age_days: float, *, ended: bool = True, collected: bool = True, stored_bytes: int = 100
) -> KeptSong:
    return KeptSong(name, NOW - timedelta(days=age_days), ended, collected, stored_bytes)


def test_without_bounds_everything_is_kept() -> None:
    assert choose([song("a", 1), song("b", 1000)], Bounds(now=NOW)) == Choice((), ())


def test_nothing_is_chosen_of_nothing() -> None:
    assert choose([], Bounds(now=NOW, songs=0, older_than=timedelta(0), stored_bytes=0)) == Choice((), ())


def test_the_newest_songs_are_kept() -> None:
    assert choose([song("old", 3), song("new", 1), song("middle", 2)], Bounds(now=NOW, songs=2)).forgotten == ("old",)


def test_songs_of_an_age_or_more_are_forgotten() -> None:
    songs = [song("a", 29.9), song("b", 30), song("c", 31)]
    assert choose(songs, Bounds(now=NOW, older_than=timedelta(days=30))).forgotten == ("b", "c")


def test_songs_in_the_making_are_never_chosen() -> None:
    songs = [song("a", 100, ended=False), song("b", 1)]
    bounds = Bounds(now=NOW, songs=0, older_than=timedelta(0), stored_bytes=0)
    assert choose(songs, bounds) == Choice(("b",), ())


def test_the_oldest_files_go_until_the_rest_fits() -> None:
    songs = [song("a", 1), song("b", 2), song("c", 3), song("d", 4)]
    assert choose(songs, Bounds(now=NOW, stored_bytes=250)).without_files == ("d", "c")


def test_songs_that_nobody_has_yet_lose_their_files_last() -> None:
    songs = [song("new", 0), song("a", 1), song("b", 2, collected=False)]
    assert choose(songs, Bounds(now=NOW, stored_bytes=200)).without_files == ("a",)
    assert choose(songs, Bounds(now=NOW, stored_bytes=100)).without_files == ("a", "b")


def test_the_newest_song_keeps_its_files_whatever_their_size() -> None:
    assert choose([song("a", 1, stored_bytes=10**12)], Bounds(now=NOW, stored_bytes=1)).without_files == ()
