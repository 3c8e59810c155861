"""Around events: traces of some frames with a rise and a fall, and a simulated wave whose speed is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.evaluation.around.analysis import analyse, bridged
from deepcinac.evaluation.around.events import Event, events_of, name_of
from deepcinac.evaluation.around.responses import (
    around,
    duration_s,
    latency_s,
    onset_frames,
    quiet_onsets,
    respond,
    windows_of,
    within_movie,
)
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.evaluation.around.wave import fit_wave
from deepcinac.recording.signals import Signal, regular_signal

SMALL = AroundSettings(before_s=1.0, after_s=1.0, settle_s=0.0)


def test_events_of_numbers_and_of_words():
    pulses = regular_signal("pulse", np.array([0, 1, 0, 1, 0, 0, 0, 0, 2, 2]), "V", 1.0)
    assert events_of(pulses, "pulse", 2.0, "") == [Event(1.0, 4.0), Event(8.0, 10.0)]
    assert events_of(pulses, "pulse", 0.5, "") == [Event(1, 2), Event(3, 4), Event(8, 10)]
    assert events_of(pulses, "pulse > 1", 0.5, "") == [Event(8.0, 10.0)]
    times = np.array([0.0, 2.0, 3.0, 6.0, 7.0])
    states = Signal(
        "s", np.array([0.0, 1.0, 0.0, 2.0, 0.0]), "1", times, "previous", ("no", "a", "b")
    )
    assert events_of(states, "s", 1.0, "") == [Event(2.0, 3.0, "a"), Event(6.0, 7.0, "b")]
    assert name_of("running speed>0.5") == "running speed"
    for words, complaint in (
        ("pulse > x", "a number to compare with"),
        ("pulse > 9", "events in pulse > 9"),
    ):
        with pytest.raises(InputError, match=complaint):
            events_of(pulses, words, 1.0, "m.deepcinac")
    with pytest.raises(InputError, match="one of no, a, b as rest"):
        events_of(states, "s", 1.0, "", rest="c")


def test_a_fall_below_the_baseline_is_seen():
    """10 at rest, 15 during the event (frames 20 to 29), 8 after it."""
    trace = np.full((1, 60), 10.0)
    trace[0, 20:30], trace[0, 30:40] = 15.0, 8.0
    windows = windows_of(1.0, SMALL, 10.0)
    onsets = onset_frames([Event(2.0, 3.0)], 10.0)
    found = respond(trace, onsets, np.empty(0, int), windows, "", np.random.default_rng(0))
    assert (found.during[0], found.after[0]) == (pytest.approx(0.5), pytest.approx(-0.2))


def test_masked_frames_are_in_no_window():
    windows = windows_of(
        1.0, AroundSettings(before_s=1, after_s=1, settle_s=0, artefact_s=0.2), 10.0
    )
    assert [int(p.sum()) for p in (windows.before, windows.during, windows.after)] == [10, 8, 10]
    trace = np.full((1, 60), 10.0)
    trace[0, 20:22] = 1000.0
    onsets = np.array([20])
    found = respond(trace, onsets, np.empty(0, int), windows, "", np.random.default_rng(0))
    assert found.during[0] == 0
    np.testing.assert_array_equal(bridged(trace, onsets, 2), np.full((1, 60), 10.0))


def test_events_too_near_the_ends_are_left_out_and_quiet_moments_touch_none():
    windows = windows_of(1.0, SMALL, 10.0)  # 10 frames before, 20 from the onset on
    events = [Event(0.5, 1.5), Event(2.0, 3.0), Event(5.5, 6.5)]
    assert within_movie(onset_frames(events, 10.0), windows, 60).tolist() == [20]
    assert quiet_onsets(np.array([20]), windows, 80).tolist() == list(range(50, 61))


def test_noise_counts_in_one_case_of_hundreds():
    generator = np.random.default_rng(3)
    traces = 100 + generator.normal(0, 5, (200, 2000))
    windows = windows_of(1.0, SMALL, 10.0)
    onsets = np.arange(1200, 1900, 100)
    quiet = quiet_onsets(onsets, windows, 2000)
    found = respond(traces, onsets, quiet, windows, "", generator)
    assert found.quiet > 500
    assert (np.abs(found.during_sd) >= 3).mean() < 0.03
    traces[:100, :] += 6.0 * ((np.arange(2000) - 1200) % 100 < 10) * (np.arange(2000) >= 1200)
    found = respond(traces, onsets, quiet, windows, "", generator)
    assert (found.during_sd[:100] >= 3).mean() > 0.95


def test_durations_and_latencies_by_hand():
    """A triangle from 0 at 0.0 s to 1 at 0.5 s and back to 0 at 1.0 s: half of it at 0.25 and 0.75 s."""
    windows = windows_of(1.0, SMALL, 100.0)
    seconds = windows.seconds(100.0) + 0.005
    trace = np.interp(seconds, [0, 0.5, 1.0], [0, 1, 0])[None]
    assert duration_s(trace, windows, 100.0)[0] == pytest.approx(0.5, abs=0.03)
    assert latency_s(trace, windows, 100.0)[0] == pytest.approx(0.25, abs=0.01)
    assert np.isnan(latency_s(np.zeros((1, windows.n)), windows, 100.0)[0])


def test_a_wave_from_a_point_that_is_known_or_sought():
    generator = np.random.default_rng(0)
    places = generator.uniform(0, 1000, (60, 2))
    origin = np.array([200.0, 700.0])
    late = 0.3 + np.linalg.norm(places - origin, axis=1) / 250 + generator.normal(0, 0.05, 60)
    late[:3] += 5.0  # places that have nothing to do with it
    for point in (origin, None):
        wave = fit_wave(places, late, point, generator)
        assert wave.speed_um_s == pytest.approx(250, rel=0.05)
        assert wave.interval[0] < 250 < wave.interval[1]
        assert np.hypot(*(wave.origin_um - origin)) < 40
    assert fit_wave(places[:5], late[:5], origin, generator) is None
    assert fit_wave(places, 10 - late, origin, generator) is None


def test_each_event_has_its_own_baseline():
    trace = np.concatenate([np.full(30, 10.0), np.full(30, 20.0)])[None]
    windows = windows_of(0.5, AroundSettings(before_s=0.5, after_s=0.5, settle_s=0), 10.0)
    assert np.allclose(around(trace, np.array([10, 45]), windows), 0)


@pytest.fixture(scope="module")
def stimulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stimulated")
    command = "simulate --preset stimulus --stimulated 2 --stimulated-cells 16 --stimuli 2 --seed 1"
    command += " --stimulus-field-px 56 --wave-um-s 250 --progress none --out"
    assert main([*command.split(), str(folder / "s")]) == 0
    return folder / "s"


def test_speed_and_shares_of_a_simulated_wave(stimulated, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path))
    path = stimulated / "mouse1.deepcinac"
    truth = np.load(stimulated / "mouse1-truth.npz")
    settings = AroundSettings(artefact_s=0.1, squares=14)
    for point in (tuple(truth["electrode"]), None):
        found = analyse(path, "stimulus", settings, point)
        assert [one.name for one in found.conditions] == ["10 Hz", "100 Hz"] or len(
            found.conditions
        ) == 2
        for one in found.conditions:
            assert one.wave.speed_um_s == pytest.approx(250, rel=0.1)
    for one in found.conditions:
        number = ("none", "10 Hz", "100 Hz").index(one.name)
        activated = one.over.during_sd >= 3
        assert (activated == truth["activated"][number]).mean() >= 0.9
        assert ((one.over.after_sd <= -3) == truth["depressed"]).mean() >= 0.9
        assert one.measures["depressed, ring"] == 0


def test_the_report_and_bad_input(stimulated, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("deepcinac.evaluation.report_style.DOTS_PER_INCH", 40)  # drawn, but fast
    sessions = sorted(map(str, stimulated.glob("*.deepcinac")))
    command = ["evaluate", "--around", "stimulus", "--sessions", *sessions, "--progress", "none"]
    out = ["--out", str(tmp_path / "out")]
    assert main([*command, *out, "--point", "11.2,11.2", "--artefact-s", "0.1", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    speed = [m for m in content["measures"] if m["measure"] == "wave speed"]
    assert len(speed) == 2
    assert all(abs(one["mean"] - 250) < 25 for one in speed)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "somata over ring" in page
    assert {p.stem for p in (tmp_path / "out" / "figures").glob("*.png")} == {
        "traces", "shares", "distance", "maps", "wave"
    }  # fmt: skip
    for words, complaint in (
        (["evaluate"], "Expected what is true, found nothing"),
        (["evaluate", "--around", "x"], "sessions to look at"),
        ([*command, "--point", "12"], "two numbers Y,X in pixels"),
        ([*command, "--side-by-side", "condition"], "the condition of the session"),
        ([*command[:2], "licks", *command[3:]], "a signal 'licks'"),
        ([*command, "--before-s", "3000"], "within the movie"),
    ):
        assert main(words) == 2, words
        assert complaint in capsys.readouterr().err
