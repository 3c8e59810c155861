"""create, predict and info: series, questions and doubts about a movie, on the command line."""

import numpy as np
import pytest
import tifffile

from deepcinac.cli.main import main
from deepcinac.labelling.session import Session
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.clock import ask_about
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.suitability import doubts


def noise(n=20, height=20, width=24, seed=0):
    return np.random.default_rng(seed).poisson(100, (n, height, width)).astype(np.uint16)


@pytest.fixture
def cells(tmp_path):
    labels = np.zeros((20, 24), np.uint16)
    labels[5:12, 5:12] = 1
    np.save(tmp_path / "labels.npy", labels)
    return str(tmp_path / "labels.npy")


@pytest.fixture
def two_channels(tmp_path):
    folder = tmp_path / "rec"
    folder.mkdir()
    for channel, seed in (("ch1", 0), ("ch2", 1)):
        for i, frame in enumerate(noise(seed=seed)):
            tifffile.imwrite(folder / f"rec_{channel}_{i:04d}.tif", frame)
    return folder


def create(out, movie, cells, *more):
    rates = () if "--frame-rate" in more else ("--frame-rate", "10")
    sizes = () if "--pixel-size" in more else ("--pixel-size", "2")
    return main(
        ["create", str(out), "--movie", str(movie), "--cells", cells, *rates, *sizes, *more]
    )


def test_a_series_is_chosen_and_the_session_keeps_it(tmp_path, two_channels, cells, capsys):
    out = tmp_path / "s.deepcinac"
    assert create(out, two_channels, cells) == 2
    assert "--series ch1" in capsys.readouterr().err
    assert not out.exists()
    assert create(out, two_channels, cells, "--series", "ch2") == 0
    with Session.open(out, read_only=True) as session:
        assert session.opening().series == "ch2"
        with open_movie(session.movie_address()) as movie:
            np.testing.assert_array_equal(movie.frames(0, 20), noise(seed=1))
    assert main(["info", str(two_channels)]) == 0
    said = capsys.readouterr().out
    assert "ch1: 20 files" in said
    assert "ch2: 20 files" in said


def test_a_question_is_accepted_and_the_session_keeps_that(tmp_path, cells, capsys, caplog):
    folder = tmp_path / "rec"
    folder.mkdir()
    for i, frame in enumerate(noise()):
        if i not in (3, 4, 9):
            tifffile.imwrite(folder / f"f_{i:03d}.tif", frame)
    out = tmp_path / "s.deepcinac"
    assert create(out, folder, cells) == 2
    assert "add --accept missing-frames" in capsys.readouterr().err
    assert create(out, folder, cells, "--accept", "missing-frames") == 0
    told = [record.getMessage() for record in caplog.records if "missing" in record.getMessage()]
    assert len(told) == 1
    assert "3 of 20 frames missing" in told[0]
    assert "UserWarning" not in capsys.readouterr().err
    with Session.open(out, read_only=True) as session:
        assert session.opening().overruled == {"accepted": ["missing-frames"]}
        assert session.movie_path() == folder


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--pixel-size", "2000000", "did you mean 2 um"),
        ("--pixel-size", "800", "did you mean 0.8 um"),
        ("--pixel-size", "0.000002", "did you mean 2 um"),
        ("--frame-rate", "0.1", "did you mean 10 Hz"),
    ],
)
def test_values_that_no_recording_has_are_asked(tmp_path, cells, capsys, option, value, meant):
    tifffile.imwrite(tmp_path / "m.tif", noise())
    out = tmp_path / "s.deepcinac"
    assert create(out, tmp_path / "m.tif", cells, option, value) == 2
    said = capsys.readouterr().err
    assert meant in said.lower().replace("um", "um").replace("hz", "Hz")
    name = option.removeprefix("--")
    assert f"--accept {name}" in said
    accepted = ("--accept", name, "unlikely-cells")  # so large or small as the pixels make them
    assert create(out, tmp_path / "m.tif", cells, option, value, *accepted) == 0


def test_both_values_of_a_contradiction_are_told_and_kept(tmp_path, cells, caplog):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, noise(), imagej=True, metadata={"axes": "TYX", "finterval": 0.05})
    out = tmp_path / "s.deepcinac"
    assert create(out, path, cells) == 0
    assert "file is 20 Hz, you say 10 Hz" in caplog.text
    with Session.open(out, read_only=True) as session:
        assert session.opening().overruled == {"frame_rate_hz": {"file": 20.0, "given": 10.0}}


def test_pixels_that_are_not_square_are_kept(tmp_path, cells):
    path = tmp_path / "m.tif"
    form = {"axes": "TYX", "PhysicalSizeX": 1.0, "PhysicalSizeY": 4.0, "TimeIncrement": 0.1}
    tifffile.imwrite(path, noise(), ome=True, metadata=form)
    out = tmp_path / "s.deepcinac"
    assert main(["create", str(out), "--movie", str(path), "--cells", cells]) == 0
    with Session.open(out, read_only=True) as session:
        opening = session.opening()
        assert (opening.pixel_height_um, opening.pixel_width_um) == (4.0, 1.0)
        assert session.recording.pixel_size_um == pytest.approx(2.0)


def test_missing_borders_are_told_and_filled_on_request(tmp_path, cells, caplog):
    frames = noise().astype(np.float32)
    frames[7, :3] = np.nan
    frames[8, :3] = np.nan
    frames[:, 0] = np.nan
    tifffile.imwrite(tmp_path / "m.tif", frames)
    assert create(tmp_path / "a.deepcinac", tmp_path / "m.tif", cells) == 0
    assert "--mask-nan" in caplog.text
    assert create(tmp_path / "b.deepcinac", tmp_path / "m.tif", cells, "--mask-nan") == 0
    with Session.open(tmp_path / "b.deepcinac", read_only=True) as session:
        assert session.opening().overruled["mask_nan"] is True
        with open_movie(session.movie_address()) as movie:
            assert np.isfinite(movie.frames(0, movie.n_frames)).all()


def doubts_of(tmp_path, frames):
    tifffile.imwrite(tmp_path / "m.tif", frames)
    with open_movie(tmp_path / "m.tif") as movie:
        return doubts(movie)


def test_an_ordinary_movie_raises_no_doubt(tmp_path):
    assert doubts_of(tmp_path, noise()) == []


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda frames: np.repeat(frames[:2], 10, axis=0), "identical, without any noise"),
        (lambda frames: np.where(frames > 110, 4095, frames).astype(np.uint16), "saturated"),
        (lambda frames: (frames // 90).astype(np.uint8), "very dim"),
        (
            lambda frames: (frames * (1.5 + np.sin(np.arange(20)))[:, None, None]).astype(
                np.uint16
            ),
            "whole field rises and falls",
        ),
    ],
)
def test_movies_that_do_not_suit(tmp_path, spoil, named):
    said = doubts_of(tmp_path, spoil(noise()))
    assert len(said) == 1
    assert named in said[0]


def test_an_ordinary_rate_is_not_asked():
    ask_about(30.0, "frame rate", "m.tif")
    with pytest.raises(NeedsAnswer):
        ask_about(0.03, "frame rate", "m.tif")


def test_a_header_that_is_overruled_is_kept_by_the_session(tmp_path, cells, capsys):
    """One channel was extracted, and the header still says two."""
    text = "SI.hChannels.channelSave = [1;2]\nSI.hRoiManager.scanFrameRate = 20"
    with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
        for frame in noise():
            writer.write(frame, software=text, metadata=None)
    out = tmp_path / "s.deepcinac"
    assert create(out, tmp_path / "m.tif", cells) == 2
    assert "--series all takes all 20 frames" in capsys.readouterr().err
    assert create(out, tmp_path / "m.tif", cells, "--series", "all") == 0
    with Session.open(out, read_only=True) as session:
        assert session.opening().overruled["header"] == "all 20 frames are one series"
        with open_movie(session.movie_address()) as movie:
            np.testing.assert_array_equal(movie.frames(0, 20), noise())


def test_frames_last_are_chosen_and_the_session_keeps_that(tmp_path, cells, capsys):
    movie = noise(200) + 60 * (np.arange(20 * 24).reshape(20, 24) % 5 == 0).astype(np.uint16)
    np.save(tmp_path / "m.npy", np.ascontiguousarray(movie.transpose(1, 2, 0)))
    out = tmp_path / "s.deepcinac"
    assert create(out, tmp_path / "m.npy", cells) == 2
    said = capsys.readouterr().err
    assert "frames-last: 200 frames of 20 x 24 pixels" in said
    assert "--series frames-first" in said
    assert main(["info", str(tmp_path / "m.npy")]) == 0
    assert "frames-last" in capsys.readouterr().out
    assert create(out, tmp_path / "m.npy", cells, "--series", "frames-last") == 0
    with Session.open(out, read_only=True) as session:
        assert session.opening().series == "frames-last"
        assert session.recording.n_frames == 200


def test_a_saturated_cell_is_named(tmp_path, cells, caplog):
    """A cell at 4095 in its transient, beside one that rises as far as it likes."""
    frames = np.random.default_rng(0).poisson(400, (60, 20, 24)).astype(np.uint16)
    labels = np.load(cells)
    labels[13:18, 14:20] = 2
    np.save(cells, labels)
    frames[30:40, labels == 1] = 4095
    frames[30:40, labels == 2] += 2000
    tifffile.imwrite(tmp_path / "m.tif", frames)
    assert create(tmp_path / "s.deepcinac", tmp_path / "m.tif", cells) == 0
    told = [
        one.getMessage()
        for one in caplog.records
        if "cells are saturated, their" in one.getMessage()
    ]
    assert len(told) == 1
    assert "1 of 2 cells" in told[0]
    assert "(0)" in told[0]
    assert "mark those cells invalid" in told[0]
