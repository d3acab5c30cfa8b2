from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from lxml import html

from aurax.audio.waveform import Waveform
from aurax.deliver.outcome import Outcome, WishOutcome
from aurax.deliver.record import SongRecord
from aurax.deliver.report import write_report
from aurax.errors import CorruptData
from aurax.judge.verdict import PartVerdict
from aurax.score.score import Score


@pytest.fixture
def page(tmp_path: Path, record: SongRecord, score: Score, master: Waveform) -> str:
    write_report(tmp_path / "report.html", record, score, master, master, files=("song.json", "master.flac"))
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def words(page: str) -> str:
    return " ".join(" ".join(html.fromstring(page).find("body").itertext()).split())


def test_the_page_loads_nothing_from_elsewhere(page: str) -> None:
    assert "http" not in page
    assert "//" not in re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page).replace("\n// ", "\n")


def test_what_the_person_wrote_stays_text(page: str) -> None:
    tree = html.fromstring(page)

    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(" in page
    assert (
        tree.find(".//blockquote")
        .text_content()
        .startswith("warm lo-fi, 120 bpm, D minor, with electric piano & <script>")
    )
    assert tree.find(".//h1").text_content() == "Rain & Tape"


def test_players_and_links_lead_into_the_folder(page: str) -> None:
    tree = html.fromstring(page)

    assert tree.xpath("//audio/@src") == [
        "master.flac",
        "stems/01%20kick.flac",
        "stems/02%20bass.flac",
        "stems/03%20chords.flac",
        "stems/04%20reverb.flac",
    ]
    assert tree.xpath("//ul[@class='files']//a/@href") == [
        "master.flac",
        "mix.flac",
        "song.mid",
        "song.dawproject",
        "song.json",
    ]


def test_the_page_tells_the_whole_story(page: str) -> None:
    text = words(page)

    for said in (
        "Passed 2 of 3, score 91.5",
        "No length was asked for; lo-fi songs last about 42 s here.",
        "“no guitar”",
        "failed spectrum at most 3 dB 4.1 dB (at 200 Hz) bass, bars 3–5, 9 master",
        "Chorus 2 15–18 0:28",
        "Dm9 Bbmaj7 × 2",
        "loudness was 2 LU low redid the mix of take 1 accepted",
        "render 3.10 s",
        "−138.0 dBFS",
        "silent",
    ):
        assert said in text


def test_the_outcome_and_both_parts_come_before_anything_else(
    tmp_path: Path, record: SongRecord, score: Score, master: Waveform
) -> None:
    told = Outcome(
        made_as="lo-fi",
        substituted=(
            WishOutcome(
                words="<b>trap", field="genre", value="trap", fate="substituted", substitute="lo-fi", nearness=0.4,
                reason="no trap here yet",
            ),
        ),
        not_done=(WishOutcome(words="808 glides", field="instrument", value="808 glides", fate="not_done"),),
        done=(WishOutcome(words="140 bpm", field="tempo", value="140 bpm", fate="exact"),),
        line="made as lo-fi: no trap here yet; 808 glides not done",
    )  # fmt: skip
    failed = record.verdict.model_copy(update={"fidelity": PartVerdict(passed=False, score=40.0)})
    song = record.model_copy(update={"outcome": told, "verdict": failed})
    write_report(tmp_path / "report.html", song, score, master)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    text = words(page)
    said = [
        "made as lo-fi: no trap here yet; 808 glides not done",
        "Not all done fidelity 40.0 of 100",
        "Good quality 91.5 of 100",
        "~ <b>trap genre: lo-fi instead, 40 % near (no trap here yet)",
        "✗ 808 glides instrument: not done",
        "✓ 140 bpm tempo: done",
    ]
    places = [text.index(one) for one in said]
    assert places == sorted(places)
    assert places[-1] < text.index("Verdict")


def test_failed_checks_come_first(page: str) -> None:
    marks = html.fromstring(page).xpath("//section[h2='Verdict']//span[contains(@class,'mark')]/text()")

    assert marks == ["failed", "passed", "passed"]


def test_sections_and_pictures_share_one_time_axis(page: str) -> None:
    tree = html.fromstring(page)
    lefts = [float(re.search(r"left:([\d.]+)%", one)[1]) for one in tree.xpath("//div[@class='band']/@style")]  # type: ignore[index]

    assert lefts == pytest.approx([0, 4 / 0.42, 12 / 0.42, 20 / 0.42, 28 / 0.42, 36 / 0.42], abs=0.01)
    assert len(tree.xpath("//div[@class='stack']//svg | //div[@class='stack']//img")) == 4
    assert len(tree.xpath("//div[@class='chord']")) == 20


def test_the_page_stays_small(page: str) -> None:
    assert len(page) < 400_000


def test_a_mix_is_not_needed(tmp_path: Path, record: SongRecord, score: Score, master: Waveform) -> None:
    write_report(tmp_path / "report.html", record, score, master)

    assert "mix</span>" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_silence_can_be_reported(tmp_path: Path, record: SongRecord, score: Score) -> None:
    write_report(tmp_path / "report.html", record, score, Waveform(np.zeros((2, 1000), np.float32)))

    assert not re.search(r"\b(nan|inf)\b", (tmp_path / "report.html").read_text(encoding="utf-8"))


def test_a_master_without_frames_is_refused(tmp_path: Path, record: SongRecord, score: Score) -> None:
    with pytest.raises(CorruptData, match="0 frames"):
        write_report(tmp_path / "report.html", record, score, Waveform(np.zeros((2, 0), np.float32)))

    assert list(tmp_path.iterdir()) == []


def test_the_same_song_gives_the_same_page(tmp_path: Path, record: SongRecord, score: Score, master: Waveform) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, record, score, master)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
