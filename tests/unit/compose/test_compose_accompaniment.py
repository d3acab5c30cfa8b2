import pytest
from builders.plans import context, plan, sixteenths

from aurax.compose.arp import ArpStyle, tone_pool, write_arp
from aurax.compose.comping import ChordStyle, CompRow, write_chords
from aurax.compose.pad import PadStyle, write_pad
from aurax.compose.rows import read_row
from aurax.compose.transitions import FxStyle, riser_length_bars, write_impact, write_riser, write_texture
from aurax.compose.voicing import VoicingStyle, voice_chords
from aurax.score.time import Meter

CLOSE = VoicingStyle("close", 3, low=55, high=72)


def voicings(song, style=CLOSE):
    return voice_chords([(lifted, span.chord) for span in song.chords for lifted in (False, True)], style)


def comp(row, song, index=0, **fields):
    style = ChordStyle(CLOSE, (CompRow(row),), turn_share=0.0, **fields)
    return write_chords(context(song, index), style, voicings(song))


def test_a_row_strikes_holds_and_rests():
    strikes, ticks = read_row("9-..7---........", Meter())

    assert [(one.start_ticks // 240, one.duration_ticks // 240, one.velocity) for one in strikes] == [
        (0, 2, 126), (4, 4, 98),
    ]  # fmt: skip
    assert ticks == 3840


def test_a_row_keeps_its_beginning_in_three_quarters():
    strikes, ticks = read_row("9...7...6...5...", Meter.parse("3/4"))

    assert [one.start_ticks // 960 for one in strikes] == [0, 1, 2]
    assert ticks == 2880


def test_chords_are_struck_where_the_row_says():
    song = plan((("verse", 2, 5),), ("C", "F"))

    events = sixteenths(song, comp("8-......8-......", song))

    assert [event.split()[0] for event in events] == ["1.1.1"] * 3 + ["1.3.1"] * 3 + ["2.1.1"] * 3 + ["2.3.1"] * 3


def test_a_held_chord_is_struck_again_when_the_harmony_changes():
    song = plan((("verse", 2, 5),), ("C", "F"))
    notes = comp("8-------------------------------", song, gate=1.0)

    assert sorted({note.start_ticks for note in notes}) == [0, 3840]
    assert all(note.duration_ticks == 3840 for note in notes)


def test_louder_sections_are_played_harder():
    song = plan((("verse", 1, 3), ("chorus", 1, 9)), ("C",))

    assert comp("8...............", song, 0)[0].velocity < comp("8...............", song, 1)[0].velocity


def test_the_energy_decides_which_rhythms_may_play():
    song = plan((("intro", 1, 2), ("chorus", 1, 9)), ("C",))
    style = ChordStyle(CLOSE, (CompRow("8---------------", 0.0, 4.0), CompRow("8.8.8.8.8.8.8.8.", 4.0)))

    counts = [len(write_chords(context(song, index), style, voicings(song))) for index in (0, 1)]

    assert counts == [3, 24]


def test_equal_bars_are_played_equally():
    song = plan((("verse", 8, 5),), ("C", "F"))
    notes = comp("8--7..8-..6.....", song)

    def bars(first):
        return [
            (note.start_ticks - first * 3840, note.pitch, note.velocity, note.duration_ticks)
            for note in notes
            if first <= note.start_ticks // 3840 < first + 4
        ]

    assert bars(0) == bars(4)


def test_a_pad_ties_common_tones_and_breaks_every_four_bars():
    song = plan((("verse", 5, 5),), ("C", "C/G", "C", "C", "C"))
    style = PadStyle(VoicingStyle("close", 3))
    voices = voice_chords([(False, span.chord) for span in song.chords], style.voicing)
    same = {("C" if symbol == "C/G" else symbol): pitches for (_, symbol), pitches in voices.items()}
    notes = write_pad(context(song), style, {(False, symbol): same["C"] for symbol in ("C", "C/G")})

    assert sorted({(note.start_ticks // 3840, note.duration_ticks // 3840) for note in notes}) == [(0, 4), (4, 1)]


def test_a_pad_moves_only_the_voices_that_must_move():
    song = plan((("verse", 2, 5),), ("C", "Am7"))
    pitches = {(False, "C"): (60, 64, 67), (False, "Am7"): (60, 64, 69)}
    events = sixteenths(song, write_pad(context(song), PadStyle(CLOSE), pitches))

    assert events == ["1.1.1 C4", "1.1.1 E4", "1.1.1 G4", "2.1.1 A4"]


def test_an_arp_walks_through_the_chord_and_starts_again_with_every_bar():
    song = plan((("verse", 2, 5),), ("C", "F"))
    style = ArpStyle(
        orders=((0, 1, 2),), calm_rows=("8...8...8...8...",), busy_rows=("8...8...8...8...",), low=60, high=71
    )

    assert sixteenths(song, write_arp(context(song), style)) == [
        "1.1.1 C4", "1.2.1 E4", "1.3.1 G4", "1.4.1 C4", "2.1.1 C4", "2.2.1 F4", "2.3.1 A4", "2.4.1 C4",
    ]  # fmt: skip


def test_the_pool_of_tones_rises_and_stays_in_its_register():
    pool = tone_pool(plan().chords[0].chord, 64, 88)

    assert list(pool) == sorted(pool)
    assert 64 <= pool[0] <= pool[-1] <= 88


FORM = (("intro", 4, 3), ("verse", 8, 5), ("chorus", 8, 8), ("outro", 4, 3))


def test_a_riser_leads_into_the_louder_section_and_stops_short_of_it():
    song = plan(FORM)
    fx = FxStyle(riser_bars=4, riser_step=2.5)

    assert riser_length_bars(song.sections, fx) == 4
    assert write_riser(context(song, 0), fx) == ()
    (riser,) = write_riser(context(song, 1), fx)
    assert (riser.start_ticks, riser.end_ticks) == (8 * 3840, 12 * 3840 - 480)


def test_an_impact_marks_the_first_beat_after_a_rise():
    song = plan(FORM)
    fx = FxStyle(impact_step=2.5)

    (impact,) = write_impact(context(song, 2), fx, 24, 60)
    assert impact.start_ticks == 12 * 3840
    assert impact.pitch % 12 == song.key.tonic_pitch_class
    assert write_impact(context(song, 0), fx, 24, 60) == ()
    assert write_impact(context(song, 3), fx, 24, 60) == ()


def test_a_noise_bed_fills_its_section_in_notes_of_eight_bars():
    song = plan((("verse", 20, 5),))

    bed = write_texture(context(song), FxStyle())

    assert [(note.start_ticks // 3840, note.duration_ticks // 3840) for note in bed] == [
        (0, 8), (8, 8), (16, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("meter", ["3/4", "6/8"])
def test_other_meters_fill_their_bars(meter):
    song = plan((("verse", 4, 5),), ("C", "F"), meter=meter)
    notes = comp("8...7...6...5...", song)

    assert {note.start_ticks // 2880 for note in notes} == {0, 1, 2, 3}
    assert max(note.end_ticks for note in notes) <= 4 * 2880
