"""How much of a sound is learned at once."""

import numpy as np
import pytest

from sparring.modalities.audio.mel_scale import BANDS, OVERLAP, hop_of
from sparring.modalities.audio.options import MAX_RATE, MIN_RATE
from sparring.modalities.audio.windows import STEP, Cut, choose, cut
from sparring.signals.mel import mel_filters

RATE = 8000
FRAME = STEP * hop_of(RATE)  # 2,048 samples


@pytest.mark.parametrize(
    ("rate", "hop"), [(8000, 128), (16000, 256), (22050, 256), (24000, 512), (44100, 512), (48000, 1024)]
)
def test_the_rate_alone_fixes_the_hop(rate, hop):
    assert hop_of(rate) == hop


@pytest.mark.parametrize("rate", [MIN_RATE, 5600, 5700, 8000, 11025, 12000, 22627, 22628, 32000, 96000, MAX_RATE])
def test_no_band_is_empty_at_any_rate(rate):
    assert mel_filters(BANDS, OVERLAP * hop_of(rate), rate).any(axis=1).all()


def test_the_length_holds_nearly_all_sounds_and_is_whole_steps():
    found = choose([3000] * 99 + [9000], RATE, None)
    assert (found.length, found.windows) == (2 * FRAME, False)
    assert "1 of 100 sounds are longer than 0.512 s, and their beginnings are learned (--seconds 1.2" in found.notes[0]


def test_longer_recordings_are_learned_in_windows():
    found = choose([60 * RATE, 3 * RATE], RATE, None)
    assert (found.length, found.windows) == (4 * FRAME, True)
    assert "last up to 60 s: windows of 1.02 s are learned (--seconds takes more)" in found.notes[0]


def test_what_is_asked_for_is_said_where_it_is_rounded():
    found = choose([1000], RATE, 0.3)
    assert found.length == 2 * FRAME and "0.512 s are learned at once, the 0.3 s asked for" in found.notes[0]
    assert choose([1000], RATE, 2 * FRAME / RATE).notes == ()


def test_windows_cover_a_recording_and_leave_only_a_short_rest():
    sound = np.arange(1, 10 * FRAME + 1, dtype=np.float32)[None]
    how = Cut(4 * FRAME, True)
    parts = cut(sound, RATE, how)
    assert [part[0, 0] for part in parts] == [1, 4 * FRAME + 1, 6 * FRAME + 1]  # the last one ends where it ends
    assert len(cut(sound[:, : 8 * FRAME + FRAME // 2], RATE, how)) == 2
    short = cut(sound[:, :100], RATE, how)
    assert len(short) == 1 and short[0].shape == (1, 4 * FRAME) and not short[0][:, 100:].any()


def test_a_beginning_fades_at_its_end_alone():
    sound = np.ones((1, 3 * FRAME), np.float32)
    (part,) = cut(sound, RATE, Cut(2 * FRAME, False))
    fade = round(0.005 * RATE)
    assert part.shape[1] == 2 * FRAME and (part[0, :-fade] == 1).all()
    assert (np.diff(part[0, -fade:]) < 0).all() and 0 < part[0, -1] < 0.05
