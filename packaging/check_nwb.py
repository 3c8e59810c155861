"""Our NWB files before the programs that read NWB: ``check_nwb.py FOLDER``, for ``check_nwb.sh``.

A simulated recording with labels and a prediction goes into a file of its own and into a copy of a source
NWB; both must pass pynwb-validate and nwbinspector, say the same to roiextractors and pynapple, and come
back whole.
"""

from __future__ import annotations

import contextlib
import datetime
import subprocess
import sys
from pathlib import Path

import numpy as np
import pynapple
import pynwb
from nwbinspector import Importance, inspect_nwbfile
from roiextractors import NwbSegmentationExtractor

from deepcinac.cli.main import main
from deepcinac.labelling.layer_labels import add_labels, make_labels, read_labels
from deepcinac.labelling.session import Session
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.files import read_results
from deepcinac.results.result import footprint_keys

START = "2026-11-27T10:30:00+01:00"
TRANSIENTS = [(0, 10, 14), (0, 40, 44), (3, 12, 13)]


def run(*words: object) -> None:
    """One of our commands, which must succeed."""
    status = main([str(word) for word in words])
    assert status == 0, f"{words} ended with {status}"


def make_session(folder: Path) -> Path:
    """A simulated recording with two experts and a prediction of all cells."""
    run("simulate", "--out", folder / "simulated", "--preset", "small", "--n-frames", 120, "--height",
        64, "--width", 80, "--n-cells", 6, "--seed", 1, "--quiet")  # fmt: skip
    path = folder / "s.deepcinac"
    movie, cells = folder / "simulated" / "movie.tif", folder / "simulated" / "cells.npz"
    run("create", path, "--movie", movie, "--cells", cells, "--frame-rate", 10, "--pixel-size", 2)
    with Session.open(path) as session:
        n = session.n_cells
        for name in ("anna", "ben"):
            spans = {"labelled": [(cell, 0, 119) for cell in range(n)]}
            add_labels(session, make_labels(n, 120, TRANSIENTS, spans, name=name, author=name))
        rng = np.random.default_rng(0)
        numbers = np.arange(n)
        maker = Maker("activity", "general", "3", "ab" * 32, {"overlap": 0.5}, "cd" * 32, "2.0.0")
        about = (maker, numbers, footprint_keys(session.cells(), numbers), TimeBase(10.0))
        values = rng.random((n, 120)).astype(np.float32)
        dims = ("cell", "frame")
        session.write_results(
            Results(
                (Result("probability", values, dims, "1", *about),
                 Result("spike_rate_hz", values * 3, dims, "Hz", *about)),
                0.6,
            )
        )  # fmt: skip
    return path


def make_source(path: Path) -> None:
    """What a lab may have: a movie outside the file, subject, device and plane."""
    nwb = pynwb.NWBFile(
        session_description="a mouse runs in the dark", identifier="lab-7",
        session_start_time=datetime.datetime.fromisoformat("2026-01-02T03:04:05+00:00"),
        notes="the notes of the lab",
        experimenter=["Bernard, Claude"], institution="a university",
        keywords=["hippocampus"], experiment_description="running",
    )  # fmt: skip
    nwb.subject = pynwb.file.Subject(
        subject_id="m7", species="Mus musculus", sex="F", age="P9D", description="a mouse"
    )
    channel = pynwb.ophys.OpticalChannel("green", "GCaMP", 525.0)
    nwb.create_imaging_plane(
        name="ImagingPlane", optical_channel=channel, description="CA1",
        device=nwb.create_device("scope", description="two photons"), excitation_lambda=920.0,
        indicator="GCaMP6s", location="CA1", imaging_rate=10.0,
    )  # fmt: skip
    with pynwb.NWBHDF5IO(str(path), "w") as stream:
        stream.write(nwb)


def check(path: Path, session_path: Path) -> None:
    """One file before all readers."""
    subprocess.run([str(Path(sys.executable).parent / "pynwb-validate"), str(path)], check=True)
    messages = list(inspect_nwbfile(nwbfile_path=str(path)))
    for message in messages:
        print(f"  nwbinspector, {message.importance.name}: {message.message}")
    grave = [x for x in messages if x.importance.value >= Importance.BEST_PRACTICE_VIOLATION.value]
    assert not grave, [f"{x.object_name}: {x.message}" for x in grave]
    with Session.open(session_path, read_only=True) as session:
        cells, results = session.cells(), session.results("general")
        anna = read_labels(session, session.find_layer("anna").id)
    rate = results["spike_rate_hz"].array
    found = NwbSegmentationExtractor(str(path))
    assert found.get_roi_ids() == list(range(len(cells)))
    assert tuple(found.get_frame_shape()) == (cells.height, cells.width), found.get_frame_shape()
    np.testing.assert_array_equal(found.get_traces(name="deconvolved"), rate.T)
    assert found.get_sampling_frequency() == 10.0
    for number in range(len(cells)):
        mask = np.asarray(found.get_roi_image_masks([number])).reshape(cells.height, cells.width)
        ypix, xpix = np.nonzero(mask)
        assert set(zip(ypix, xpix, strict=True)) == set(
            zip(cells[number].ypix, cells[number].xpix, strict=True)
        ), f"the mask of cell {number}"
    data = pynapple.load_file(str(path))
    series = data["ActivityProbability"]
    np.testing.assert_array_equal(series.values, results["probability"].array.T)
    assert series.t[:2].tolist() == [0.0, 0.1]
    # pynapple joins intervals that overlap, which those of different cells do.
    joined = data["transients"]
    assert joined.tot_length() > 0
    table = data.nwb.intervals["transients"].to_dataframe()
    own = table[table["expert"] == "anna"]
    onsets = sorted(onset / 10 for _, onset, _ in TRANSIENTS)
    np.testing.assert_allclose(np.sort(own["start_time"]), onsets)
    assert set(table[table["kind"] == "classifier"]["card"]) == {"ab" * 32}
    back = read_results(path)
    assert back.maker == results.maker
    assert back.threshold == results.threshold
    for kind in ("probability", "spike_rate_hz"):
        np.testing.assert_array_equal(back[kind].array, results[kind].array)
    assert back["probability"].footprints == results["probability"].footprints
    check_import(path, session_path, anna)
    run("evaluate", "--truth", session_path, "--layer", "anna", "--predictions", path)


def check_import(path: Path, session_path: Path, anna: object) -> None:
    """Into a session without labels: the same layers, each of its own kind."""
    fresh = session_path.with_name(f"{path.stem}.deepcinac")
    simulated = session_path.with_name("simulated")
    run("create", fresh, "--movie", simulated / "movie.tif", "--cells", simulated / "cells.npz",
        "--frame-rate", 10, "--pixel-size", 2)  # fmt: skip
    run("import", fresh, path)
    with Session.open(fresh, read_only=True) as session:
        kinds = {layer.name: layer.kind for layer in session.layers()}
        assert kinds == {"general": "classifier", "anna": "expert", "ben": "expert"}, kinds
        assert read_labels(session, session.find_layer("anna").id).same_content(anna)
        assert session.results("general")["probability"].array.shape[1] == 120


def check_all(folder: Path) -> None:
    """Both files."""
    session, source = make_session(folder), folder / "source.nwb"
    layers = ("--layer", "anna", "ben", "general")
    run("export", session, *layers, "--out", folder / "own.nwb", "--session-start", START,
        "--excitation-nm", 920, "--emission-nm", 525, "--subject-id", "m7", "--species",
        "Mus musculus", "--sex", "F", "--age", "P9D", "--indicator", "GCaMP6s",
        "--location", "CA1")  # fmt: skip
    check(folder / "own.nwb", session)
    make_source(source)
    run("export", session, *layers, "--out", folder / "added.nwb", "--source-nwb", source)
    check(folder / "added.nwb", session)
    with pynwb.NWBHDF5IO(str(folder / "added.nwb"), "r") as stream:
        nwb = stream.read()
        kept = (nwb.identifier, nwb.notes, nwb.subject.subject_id, len(nwb.imaging_planes))
        assert kept == ("lab-7", "the notes of the lab", "m7", 1), kept
    with contextlib.suppress(SystemExit):
        assert main(["export", str(session), "--out", str(folder / "no.nwb")]) == 2
    print("pynwb-validate, nwbinspector, roiextractors and pynapple read both files")


if __name__ == "__main__":
    check_all(Path(sys.argv[1]))
