"""Folders of Bruker and ThorImage: rates and sizes of the XML beside the frames."""

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.series import SeveralSeries


def frames(folder, names):
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        tifffile.imwrite(folder / name, np.full((4, 5), number, np.uint16))
    return folder


def bruker(folder, n, seconds, period=0.1):
    listed = "".join(
        f'<Frame relativeTime="{t}" absoluteTime="{t}" index="{i + 1}">'
        f'<File channel="2" channelName="Ch2" page="1" filename="T_Cycle00001_Ch2_{i + 1:06d}.ome.tif"/>'
        "</Frame>"
        for i, t in enumerate(seconds)
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?><PVScan version="5.4"><PVStateShard>'
        f'<PVStateValue key="framePeriod" value="{period}"/>'
        '<PVStateValue key="micronsPerPixel"><IndexedValue index="XAxis" value="1.5"/>'
        '<IndexedValue index="YAxis" value="3"/></PVStateValue></PVStateShard>'
        f'<Sequence type="TSeries Timed Element" cycle="1">{listed}</Sequence></PVScan>'
    )
    frames(folder, [f"T_Cycle00001_Ch2_{i + 1:06d}.ome.tif" for i in range(n)])
    (folder / "T.xml").write_text(text)
    return folder


def test_bruker_rate_and_pixels_that_are_not_square(tmp_path):
    with open_movie(bruker(tmp_path / "m", 10, np.arange(10) / 10)) as movie:
        assert movie.shape == (10, 4, 5)
        assert movie.frame_rate_hz == pytest.approx(10)
        assert movie.pixel_size_um is None
        assert movie.pixel_sizes_um == (3.0, 1.5)


def test_bruker_time_stamps_are_believed_and_holes_are_asked(tmp_path):
    with pytest.warns(UserWarning, match="those of 5 Hz, its header says 10 Hz"):
        movie = open_movie(bruker(tmp_path / "m", 10, np.arange(10) / 5))
    with movie:
        assert movie.frame_rate_hz == pytest.approx(5)
    seconds = np.r_[np.arange(5), np.arange(8, 13)] / 10
    with pytest.raises(NeedsAnswer, match="3 of 13 frames missing .*3 after frame 4"):
        open_movie(bruker(tmp_path / "holes", 10, seconds))


def test_thor_rate_of_one_plane(tmp_path):
    names = [
        f"Chan{c}_001_001_00{z}_{t:03d}.tif" for c in "AB" for z in (1, 2) for t in range(1, 6)
    ]
    folder = frames(tmp_path / "m", names)
    (folder / "Experiment.xml").write_text(
        '<ThorImageExperiment><Timelapse timepoints="5"/><ZStage steps="2"/>'
        '<LSM frameRate="30" pixelSizeUM="0.8" averageMode="0" averageNum="4"/>'
        '<Streaming zFastEnable="1" flybackFrames="1"/></ThorImageExperiment>'
    )
    with pytest.raises(SeveralSeries) as caught:
        open_movie(folder)
    assert caught.value.series == ("ChanA-plane1", "ChanA-plane2", "ChanB-plane1", "ChanB-plane2")
    with open_movie(folder, series="ChanB-plane2") as movie:
        assert movie.frame_rate_hz == pytest.approx(10)
        assert movie.pixel_size_um == pytest.approx(0.8)
        assert movie.frames(0, 5)[:, 0, 0].tolist() == [15, 16, 17, 18, 19]


def thor_raw(folder, n_images, streaming="", waves=("ChanA",), timepoints=6):
    """A folder of ThorImage with a .raw: image i has the value i in all its 4 x 5 pixels."""
    folder.mkdir()
    named = "".join(f'<Wavelength name="{name}"/>' for name in waves)
    (folder / "Experiment.xml").write_text(
        f'<ThorImageExperiment><LSM pixelX="5" pixelY="4" frameRate="30" pixelSizeUM="1.5"/>'
        f'<Timelapse timepoints="{timepoints}"/><ZStage steps="2"/>{streaming}'
        f"<Wavelengths>{named}</Wavelengths></ThorImageExperiment>"
    )
    images = np.broadcast_to(np.arange(n_images, dtype="<u2")[:, None, None], (n_images, 4, 5))
    images.tofile(folder / "Image_0001_0001.raw")
    tifffile.imwrite(folder / "ChanA_Preview.tif", np.zeros((4, 5), np.uint16))
    return folder


def levels(movie):
    with movie:
        return movie.frames(0, movie.n_frames)[:, 0, 0].tolist()


@pytest.mark.parametrize("named", ["", "Image_0001_0001.raw"])
def test_thor_raw_of_one_series(tmp_path, named):
    folder = thor_raw(tmp_path / "m", 6)
    with open_movie(folder / named) as movie:
        assert movie.shape == (6, 4, 5)
        assert movie.frame_rate_hz == 30
        assert movie.pixel_size_um == 1.5
        assert movie.source_files() == [folder / "Image_0001_0001.raw"]
        assert levels(movie) == [0, 1, 2, 3, 4, 5]


def test_thor_raw_of_channels_and_planes(tmp_path):
    streaming = '<Streaming frames="9" zFastEnable="1" flybackFrames="1"/>'
    folder = thor_raw(tmp_path / "m", 18, streaming, ("ChanA", "ChanB"), 3)
    with pytest.raises(
        SeveralSeries, match="3 planes, 2 channels, as Experiment.xml says"
    ) as caught:
        open_movie(folder)
    assert caught.value.series[:3] == ("plane1-ChanA", "plane1-ChanB", "plane2-ChanA")
    with open_movie(folder, series="plane2-ChanB") as movie:
        assert movie.frame_rate_hz == 10
        assert levels(movie) == [3, 9, 15]
    assert len(levels(open_movie(folder, series="all"))) == 18


def test_thor_raw_that_holds_more_channels_than_its_xml_names(tmp_path):
    folder = thor_raw(tmp_path / "m", 12)
    with (
        pytest.warns(UserWarning, match="names 1 channels .* the file holds 12 images: 2 channels"),
        pytest.raises(SeveralSeries),
    ):
        open_movie(folder)


def test_thor_raw_that_was_cut_short(tmp_path):
    folder = thor_raw(tmp_path / "m", 5)
    with pytest.raises(NeedsAnswer, match="1 of 6 frames missing"):
        open_movie(folder)
    with open(folder / "Image_0001_0001.raw", "ab") as stream:
        stream.write(b"half a frame")
    with pytest.raises(InputError, match="whole frames of 4 x 5 pixels"):
        open_movie(folder)
