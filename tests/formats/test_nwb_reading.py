"""NWB files, laid out with h5py as pynwb writes them: 20 frames of 6 x 9 pixels, two cells."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from deepcinac.cli.main import main
from deepcinac.errors import InputError, SeveralChoices
from deepcinac.formats import CellOptions, load_cells
from deepcinac.formats.nwb_import import import_all_series, import_series
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.movie_readers import open_movie

N_FRAMES, HEIGHT, WIDTH = 20, 6, 9
FRAMES = np.arange(N_FRAMES * HEIGHT * WIDTH, dtype=np.uint16).reshape(N_FRAMES, HEIGHT, WIDTH)
PIXELS = [[(1, 7), (2, 7)], [(4, 0), (4, 1), (5, 1)]]  # y, x
SEGMENTATION = "processing/ophys/ImageSegmentation/PlaneSegmentation"
MASK = np.dtype([("x", "<u4"), ("y", "<u4"), ("weight", "<f4")])


def typed(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["neurodata_type"], group.attrs["namespace"] = kind, "core"
    return group


def start(path: Path, spacing: Any = (2e-6, 2e-6), unit: str = "meters") -> h5py.File:
    """A file with an imaging plane."""
    file = h5py.File(path, "w")
    file.attrs["nwb_version"] = "2.7.0"
    plane = typed(file, "general/optophysiology/plane", "ImagingPlane")
    plane["imaging_rate"] = 7.5
    if spacing is not None:
        plane["grid_spacing"] = np.array(spacing)
        plane["grid_spacing"].attrs["unit"] = unit
    return file


def add_series(file: h5py.File, name: str = "TwoPhotonSeries", rate: float | None = 8.0) -> Any:
    series = typed(file, f"acquisition/{name}", "TwoPhotonSeries")
    series["imaging_plane"] = h5py.SoftLink("/general/optophysiology/plane")
    if rate is not None:
        series["starting_time"] = 0.0
        series["starting_time"].attrs["rate"] = rate
    return series


def add_pixel_masks(file: h5py.File, place: str = SEGMENTATION, x_first: bool = True) -> Any:
    table = typed(file, place, "PlaneSegmentation")
    rows = [
        ((x, y) if x_first else (y, x)) + (1.0 + cell,)
        for cell, pixels in enumerate(PIXELS)
        for y, x in pixels
    ]
    table["id"] = np.arange(len(PIXELS))
    table["pixel_mask"] = np.array(rows, MASK)
    table["pixel_mask_index"] = np.cumsum([len(pixels) for pixels in PIXELS]).astype("u1")
    return table


def add_responses(file: h5py.File, name: str, values: np.ndarray, rows: list[int]) -> None:
    series = typed(file, f"processing/ophys/Fluorescence/{name}", "RoiResponseSeries")
    series["data"] = values
    series["rois"] = np.array(rows)
    series["rois"].attrs["table"] = file[SEGMENTATION].ref


def pixels(cells, cell: int) -> list[tuple[int, int]]:
    return list(zip(cells[cell].ypix.tolist(), cells[cell].xpix.tolist(), strict=True))


# Movies


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_series_inside_the_file_among_masks(tmp_path: Path, compression: str | None) -> None:
    with start(tmp_path / "a.nwb") as file:
        add_series(file).create_dataset("data", data=FRAMES, compression=compression)
        table = typed(file, SEGMENTATION, "PlaneSegmentation")
        table["image_mask"] = np.zeros((2, HEIGHT, WIDTH), np.float32)
    with open_movie(tmp_path / "a.nwb", working_copy=False) as movie:
        assert movie.shape == (N_FRAMES, HEIGHT, WIDTH)
        assert (movie.frame_rate_hz, movie.pixel_size_um) == (8.0, pytest.approx(2.0))
        np.testing.assert_array_equal(movie.frames(3, 4)[0], FRAMES[3])
        assert movie.address == f"{tmp_path / 'a.nwb'}:/acquisition/TwoPhotonSeries/data"


@pytest.mark.parametrize(
    ("spacing", "unit", "size"),
    [
        ((1.5, 1.5), "micrometers", 1.5),
        ((0.002, 0.002, 0.01), "millimeters", 2.0),
        ((2e-6, 3e-6), "meters", None),  # pixels that are not square
        ((2.0, 2.0), "furlongs", None),
        (None, "", None),
    ],
)
def test_pixel_size(tmp_path: Path, spacing: Any, unit: str, size: float | None) -> None:
    with start(tmp_path / "a.nwb", spacing, unit) as file:
        add_series(file)["data"] = FRAMES
    with open_movie(tmp_path / "a.nwb") as movie:
        assert movie.pixel_size_um == (None if size is None else pytest.approx(size))


def test_micrometres_that_were_noted_as_metres_are_asked_about_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.nwb"
    with start(path, (2.0, 2.0)) as file:
        add_series(file)["data"] = FRAMES
        add_pixel_masks(file)
    given = ["--movie", str(path), "--cells", str(path)]
    for command in (
        ["create", str(tmp_path / "s.deepcinac"), *given],
        ["predict", "--out", str(tmp_path / "p.npz"), *given],
        ["detect", str(path), "--out", str(tmp_path / "s.deepcinac")],
    ):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert "found 2e+06 um" in said
        assert "did you mean 2 um" in said.lower()
        assert "--accept pixel-size" in said
    assert [file.name for file in tmp_path.iterdir()] == ["a.nwb"]
    assert main(["info", str(path)]) == 0
    assert "did you mean 2 um" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("external", [False, True])
def test_holes_among_time_stamps_are_asked_about(tmp_path: Path, external: bool) -> None:
    path = tmp_path / "m.nwb"
    with start(path) as file:
        series = add_series(file, rate=None)
        series["timestamps"] = np.delete(np.arange(N_FRAMES + 3) / 4, [7, 8, 15])
        if external:
            tifffile.imwrite(tmp_path / "frames.tif", FRAMES)
            series["external_file"] = np.array(["frames.tif"], h5py.string_dtype())
        else:
            series["data"] = FRAMES
    with pytest.raises(NeedsAnswer, match="3 of 23 frames missing .*2 after frame 6") as caught:
        open_movie(path)
    assert caught.value.accept == "missing-frames"
    with pytest.warns(UserWarning, match="3 of 23"):
        movie = open_movie(path, accepted=frozenset({"missing-frames"}))
    with movie:
        assert movie.frame_rate_hz == pytest.approx(4)


def test_frame_rate_of_time_stamps_and_of_the_plane(tmp_path: Path) -> None:
    with start(tmp_path / "a.nwb") as file:
        series = add_series(file, "stamped", None)
        series["data"], series["timestamps"] = FRAMES, 5 + np.arange(N_FRAMES) / 4
        series = add_series(file, "uneven", None)
        series["data"], series["timestamps"] = FRAMES, np.arange(N_FRAMES) ** 2.0
    rates = {}
    for name in ("stamped", "uneven"):
        with open_movie(f"{tmp_path / 'a.nwb'}:/acquisition/{name}") as movie:
            rates[name] = movie.frame_rate_hz
    assert rates == {"stamped": pytest.approx(4.0), "uneven": 7.5}


def test_several_series(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    with start(path) as file:
        add_series(file, "green")["data"] = FRAMES
        add_series(file, "red")["data"] = FRAMES[:5]
    with pytest.raises(SeveralChoices, match="one two-photon series, found 2") as found:
        open_movie(path)
    assert list(found.value.choices) == [f"{path}:/acquisition/green", f"{path}:/acquisition/red"]
    with open_movie(f"{path}:/acquisition/red") as movie:
        assert movie.n_frames == 5
    with pytest.raises(InputError, match="called acquisition/blue, found /acquisition/green"):
        open_movie(f"{path}:/acquisition/blue")


def test_frames_in_tiffs_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    with start(path) as file:
        series = add_series(file)
        series["data"] = np.zeros((0, 0, 0))
        series["external_file"] = ["movies/one.tif", "movies/two.tif"]
    with pytest.raises(InputError, match=r"TwoPhotonSeries refers to, found no .*one.tif"):
        open_movie(path)
    (tmp_path / "movies").mkdir()
    tifffile.imwrite(tmp_path / "movies/one.tif", FRAMES[:12])
    tifffile.imwrite(tmp_path / "movies/two.tif", FRAMES[12:])
    with open_movie(path, working_copy=False) as movie:
        assert movie.shape == (N_FRAMES, HEIGHT, WIDTH)
        assert movie.frame_rate_hz == 8.0
        np.testing.assert_array_equal(movie.frames(11, 13), FRAMES[11:13])
        address = movie.address
    with open_movie(address, working_copy=False) as again:
        assert again.n_frames == N_FRAMES
    with h5py.File(path, "r+") as file:
        del file["acquisition/TwoPhotonSeries/external_file"]
        file["acquisition/TwoPhotonSeries/external_file"] = ["movies/two.tif"]
    with open_movie(path, working_copy=False) as movie:
        assert movie.address == str(tmp_path / "movies/two.tif")
        assert (movie.n_frames, movie.frame_rate_hz) == (8, 8.0)


def test_a_film_of_the_animal_is_no_movie(tmp_path: Path) -> None:
    with start(tmp_path / "a.nwb") as file:
        series = add_series(file)
        series["external_file"] = ["face.avi"]
    (tmp_path / "face.avi").write_bytes(b"x")
    with pytest.raises(InputError, match="a series of TIFFs, found face.avi"):
        open_movie(tmp_path / "a.nwb")
    with start(tmp_path / "b.nwb"):
        pass
    with pytest.raises(InputError, match="a two-photon series, found none"):
        open_movie(tmp_path / "b.nwb")


# Cells


def test_pixel_masks(tmp_path: Path) -> None:
    with start(tmp_path / "a.nwb") as file:
        table = add_pixel_masks(file)
        table["iscell"] = np.array([[0.0, 0.2], [1.0, 0.9]])
    cells = load_cells(tmp_path / "a.nwb", (HEIGHT, WIDTH))
    assert [pixels(cells, 0), pixels(cells, 1)] == PIXELS
    assert cells[1].weight.tolist() == [2.0, 2.0, 2.0]
    assert cells.valid.tolist() == [False, True]
    assert (cells.source, cells.names) == ("NWB", None)


def test_masks_that_fit_only_the_other_way_round(tmp_path: Path) -> None:
    """y before x, as some programs write: a y of 7 lies outside 6 rows."""
    with start(tmp_path / "a.nwb") as file:
        add_pixel_masks(file, x_first=False)
    cells = load_cells(tmp_path / "a.nwb", (HEIGHT, WIDTH))
    assert [pixels(cells, 0), pixels(cells, 1)] == PIXELS
    assert cells.source == "NWB, x and y exchanged"
    swapped = load_cells(tmp_path / "a.nwb", (WIDTH, WIDTH), CellOptions(swap_xy=True))
    assert pixels(swapped, 0) == PIXELS[0]


def test_suite2p_writes_y_first_and_makes_up_the_pixel_size(tmp_path: Path) -> None:
    """On a square field nothing else could tell."""
    path = tmp_path / "a.nwb"
    with start(path, (2.0, 2.0), "microns") as file:
        add_series(file)["data"] = np.zeros((N_FRAMES, WIDTH, WIDTH), np.uint16)
        table = add_pixel_masks(file, x_first=False)
        table.attrs["description"] = "suite2p output"
    cells = load_cells(path, (WIDTH, WIDTH))
    assert [pixels(cells, 0), pixels(cells, 1)] == PIXELS
    assert cells.source == "NWB of suite2p"
    turned = load_cells(path, (WIDTH, WIDTH), CellOptions(swap_xy=True))
    assert pixels(turned, 0) == [(7, 1), (7, 2)]
    with open_movie(path) as movie:
        assert (movie.frame_rate_hz, movie.pixel_size_um) == (8.0, None)


@pytest.mark.parametrize("turned", [False, True])
def test_image_masks(tmp_path: Path, turned: bool) -> None:
    images = np.zeros((2, HEIGHT, WIDTH), np.float32)
    for image, own in zip(images, PIXELS, strict=True):
        image[tuple(np.transpose(own))] = 0.5
    with start(tmp_path / "a.nwb") as file:
        table = typed(file, SEGMENTATION, "PlaneSegmentation")
        table["image_mask"] = images.transpose(0, 2, 1) if turned else images
        table["id"] = [10, 20]
    cells = load_cells(tmp_path / "a.nwb", (HEIGHT, WIDTH))
    assert [pixels(cells, 0), pixels(cells, 1)] == PIXELS
    assert cells.names == ("10", "20")
    assert cells.source == ("NWB, x and y exchanged" if turned else "NWB")
    with pytest.raises(InputError, match="another movie"):
        load_cells(tmp_path / "a.nwb", (7, 7))


def test_volumes_and_odd_masks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nwb"
    with start(path) as file:
        table = typed(file, SEGMENTATION, "PlaneSegmentation")
        table["voxel_mask"] = np.zeros(3)
    with pytest.raises(InputError, match=r"found a mask of a volume \(voxel_mask\)"):
        load_cells(path, (HEIGHT, WIDTH))
    with start(path) as file:
        table = add_pixel_masks(file)
        del table["pixel_mask_index"]
        table["pixel_mask_index"] = [2, 900]
    with pytest.raises(InputError, match="as the index of the ROIs adds them up"):
        load_cells(path, (HEIGHT, WIDTH))


def test_several_segmentations(tmp_path: Path) -> None:
    path, other = tmp_path / "a.nwb", SEGMENTATION + "2"
    with start(path) as file:
        add_pixel_masks(file)
        add_pixel_masks(file, other)
    with pytest.raises(SeveralChoices, match="one plane segmentation, found 2") as found:
        load_cells(path, (HEIGHT, WIDTH))
    assert list(found.value.choices) == [f"{path}#/{SEGMENTATION}", f"{path}#/{other}"]
    assert len(load_cells(f"{path}#/{other}", (HEIGHT, WIDTH))) == 2
    assert len(load_cells(path, (HEIGHT, WIDTH), CellOptions(other))) == 2


# Series of responses


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file with a movie, two cells and three series."""
    raster = np.zeros((N_FRAMES, 2), np.int8)
    raster[3:6, 0] = raster[9:11, 1] = 1
    with start(tmp_path / "a.nwb") as file:
        add_series(file)["data"] = FRAMES
        add_pixel_masks(file)
        add_responses(file, "raster", raster, [0, 1])
        add_responses(file, "dff", np.linspace(-1, 4, N_FRAMES)[:, None], [1])
        add_responses(file, "short", np.zeros((5, 2)), [0, 1])
    return tmp_path / "a.nwb"


def new_session(path: Path, order: list[int]) -> Session:
    with open_movie(path) as movie:
        cells = load_cells(path, (HEIGHT, WIDTH)).subset(order)
        out = path.with_suffix(".deepcinac")
        return Session.create(out, movie.address, movie.shape, cells, 8, 2)


def test_a_raster_becomes_transients_of_a_method(recording: Path) -> None:
    with new_session(recording, [0, 1]) as session:
        options = CellOptions("processing/ophys/Fluorescence/raster")
        said = import_series(session, recording, options, author="x")
        assert said == ["layer raster (method), 2 transients"]
        assert session.layer("raster").kind == "method"
        with open_movie(session.movie_address()) as movie:
            assert movie.n_frames == N_FRAMES
        labels = read_labels(session, "raster")
    assert labels.transients.tolist() == [[0, 3, 5], [1, 9, 10]]


def test_a_curve_is_found_by_its_mask(recording: Path) -> None:
    """Cell 1 of the file is cell 0 of this session; below 0 is 0, the largest value is 1."""
    with new_session(recording, [1, 0]) as session:
        said = import_series(session, recording, CellOptions("/processing/ophys/Fluorescence/dff"))
        assert said[0] == "layer dff (method), a curve of 1 cell"
        assert said[1] == "2 cells with another number here, found by the mask"
        layer = session.layer("dff")
        assert session.predicted_cells(layer.id).tolist() == [0]
        curve = session.prediction(layer.id, 0)
    assert (curve[0], curve[-1]) == (0.0, 1.0)
    assert curve[-2] == pytest.approx((4 - 5 / 19) / 4)


def test_one_or_all_series(recording: Path) -> None:
    with new_session(recording, [0, 1]) as session:
        with pytest.raises(SeveralChoices, match="one RoiResponseSeries, found 3"):
            import_series(session, recording)
        with pytest.raises(InputError, match="a series of 20 frames, found one of 5"):
            import_series(session, recording, CellOptions("/processing/ophys/Fluorescence/short"))
        said = import_all_series(session, recording, {"dff"})
        assert [layer.name for layer in session.layers()] == ["dff 2", "raster"]
        assert any("found one of 5" in line for line in said)


def test_a_series_of_other_cells(recording: Path) -> None:
    with new_session(recording, [0]) as session:
        options = CellOptions("/processing/ophys/Fluorescence/raster")
        with pytest.raises(InputError, match=r"1 cell whose outlines lie elsewhere \(1\)"):
            import_series(session, recording, options)
        assert session.layers() == []


def test_series_with_the_rois_first(tmp_path: Path) -> None:
    values = np.zeros((2, N_FRAMES))
    values[1, 4:6] = 1
    with start(tmp_path / "a.nwb") as file:
        add_series(file)["data"] = FRAMES
        add_pixel_masks(file)
        add_responses(file, "Deconvolved", values, [0, 1])
    with new_session(tmp_path / "a.nwb", [0, 1]) as session:
        import_series(session, tmp_path / "a.nwb")
        assert read_labels(session, "Deconvolved").transients.tolist() == [[1, 4, 5]]


def test_files_of_pynwb_itself(tmp_path: Path) -> None:
    """The layout above is what the library writes."""
    pynwb = pytest.importorskip("pynwb")
    ophys = pynwb.ophys
    nwb = pynwb.NWBFile("d", "id", datetime.datetime.now(datetime.timezone.utc))
    plane = nwb.create_imaging_plane(
        name="plane", optical_channel=ophys.OpticalChannel("c", "d", 500.0), description="p",
        device=nwb.create_device("m"), excitation_lambda=600.0, imaging_rate=8.0, indicator="g",
        location="CA1", grid_spacing=[2e-6, 2e-6], grid_spacing_unit="meters",
    )  # fmt: skip
    nwb.add_acquisition(
        ophys.TwoPhotonSeries(name="TwoPhotonSeries", data=FRAMES, imaging_plane=plane, rate=8.0, unit="n.a.")
    )  # fmt: skip
    holder = ophys.ImageSegmentation()
    nwb.create_processing_module("ophys", "o").add(holder)
    table = holder.create_plane_segmentation(description="d", imaging_plane=plane)
    for own in PIXELS:
        table.add_roi(pixel_mask=[(x, y, 1.0) for y, x in own])
    region = table.create_roi_table_region("all", region=[0, 1])
    raster = np.zeros((N_FRAMES, 2), np.int8)
    raster[3:6, 0] = 1
    series = ophys.RoiResponseSeries(name="raster", data=raster, rois=region, unit="n.a.", rate=8.0)
    nwb.processing["ophys"].add(ophys.Fluorescence(roi_response_series=[series]))
    path = tmp_path / "real.nwb"
    with pynwb.NWBHDF5IO(str(path), "w") as stream:
        stream.write(nwb)
    with open_movie(path) as movie:
        assert (movie.shape, movie.frame_rate_hz) == (FRAMES.shape, 8.0)
    cells = load_cells(path, (HEIGHT, WIDTH))
    assert [pixels(cells, 0), pixels(cells, 1)] == PIXELS
    with new_session(path, [0, 1]) as session:
        assert import_series(session, path) == ["layer raster (method), 1 transient"]
