"""Several movies in one place: listed by name, one chosen, never joined. Losses are told or asked."""

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.series import SeveralSeries


def write(folder, names):
    """A file of one frame for each name; the frame holds the place of the name, from 1."""
    folder.mkdir()
    for number, name in enumerate(names, 1):
        tifffile.imwrite(folder / f"{name}.tif", np.full((4, 5), number, np.uint16))
    return folder


def values(movie):
    with movie:
        return movie.frames(0, movie.n_frames)[:, 0, 0].tolist()


@pytest.mark.parametrize(
    ("names", "series"),
    [
        (["ChanA_0001_0001_0001_{:04d}", "ChanB_0001_0001_0001_{:04d}"], ["ChanA", "ChanB"]),
        (["ChanA_001_001_001_{:03d}", "ChanA_001_001_002_{:03d}"], ["plane1", "plane2"]),
        (["rec_green_{:04d}", "rec_red_{:04d}"], ["green", "red"]),
        (["mov_ch1_{:04d}", "mov_ch2_{:04d}"], ["ch1", "ch2"]),
        (["mov_{:04d}_ch1", "mov_{:04d}_ch2"], ["ch1", "ch2"]),
        (["TS_Cycle00001_Ch2_{:06d}.ome", "TS_Cycle00001_Ch1_{:06d}.ome"], ["ch1", "ch2"]),
        (["TS_Cycle00001_Ch2_{:06d}", "TS_Cycle00002_Ch2_{:06d}"], ["cycle1", "cycle2"]),
        (["img_t{:03d}_z01", "img_t{:03d}_z02"], ["z1", "z2"]),
    ],
)
def test_names_of_files_make_series(tmp_path, names, series):
    folder = write(tmp_path / "m", [name.format(i) for name in names for i in (1, 2, 3, 4)])
    with pytest.raises(SeveralSeries) as caught:
        open_movie(folder)
    assert sorted(caught.value.series) == series
    assert "--series" in str(caught.value)
    found = sorted(values(open_movie(folder, series=name)) for name in series)
    assert found == [[1, 2, 3, 4], [5, 6, 7, 8]]
    with open_movie(folder, series=series[0].upper()) as movie, open_movie(movie.address) as again:
        assert again.frames(0, 4)[0, 0, 0] == movie.frames(0, 4)[0, 0, 0]
    with pytest.raises(InputError, match="a series called blue, found only"):
        open_movie(folder, series="blue")


def test_one_missing_frame_is_a_warning_and_a_tenth_is_asked(tmp_path):
    folder = write(tmp_path / "a", [f"img_{i:04d}" for i in range(40) if i != 17])
    with pytest.warns(
        UserWarning, match=r"1 of 40 frames missing \(2.5%\): no file between img_0016"
    ):
        assert len(values(open_movie(folder))) == 39
    folder = write(tmp_path / "b", [f"img_{i:04d}" for i in range(40) if i not in (3, 4, 5, 20)])
    with pytest.raises(NeedsAnswer, match=r"4 of 40 frames missing \(10.0%\)") as caught:
        open_movie(folder)
    assert caught.value.accept == "missing-frames"
    with pytest.warns(UserWarning, match="4 of 40"):
        movie = open_movie(folder, accepted=frozenset({"missing-frames"}))
    with movie, pytest.warns(UserWarning, match="4 of 40"):
        open_movie(movie.address).close()  # what a session keeps does not ask again


def test_numbers_in_steps_of_ten_have_no_holes(tmp_path):
    assert (
        len(values(open_movie(write(tmp_path / "m", [f"t{i:05d}" for i in range(0, 90, 10)])))) == 9
    )


def test_copies_and_pictures_are_left_out(tmp_path):
    names = [f"img_{i:03d}" for i in range(60)]
    folder = write(tmp_path / "m", [*names, "img_030 (1)", "img_031 - Copy", "AVG_img"])
    with pytest.warns(UserWarning, match="left out") as told:
        assert values(open_movie(folder)) == list(range(1, 61))
    text = " ".join(str(one.message) for one in told)
    assert "2 of 63 files that repeat others (copies), left out: img_030 (1).tif" in text
    assert "1 of 61 images that have a name of their own, left out: AVG_img.tif" in text


def test_an_average_beside_pieces_is_counted_with_their_frames(tmp_path):
    """Three files, but one picture among 61: no question."""
    folder = tmp_path / "m"
    folder.mkdir()
    for piece in (0, 1):
        frames = np.full((30, 4, 5), piece, np.uint16)
        tifffile.imwrite(folder / f"mov_{piece}.tif", frames)
    tifffile.imwrite(folder / "AVG_mov.tif", np.full((4, 5), 99, np.uint16))
    with pytest.warns(UserWarning, match="1 of 61 images .*AVG_mov.tif"):
        assert values(open_movie(folder)) == [0] * 30 + [1] * 30


def test_holes_of_one_series_are_told_where_the_series_are_listed(tmp_path):
    names = [f"TS_Cycle{cycle:05d}_Ch2_{n:06d}" for cycle in (1, 2) for n in range(1, 41)]
    names.remove("TS_Cycle00002_Ch2_000008")
    folder = write(tmp_path / "m", names)
    with pytest.raises(SeveralSeries, match="cycle1: 40 files; cycle2: 39 files, 1 missing"):
        open_movie(folder)
    with pytest.warns(UserWarning, match=r"1 of 40 frames missing .*Ch2_000007.tif and"):
        assert len(values(open_movie(folder, series="cycle2"))) == 39
    assert len(values(open_movie(folder, series="cycle1"))) == 40


def test_many_foreign_files_are_asked_about(tmp_path):
    folder = write(tmp_path / "m", [*(f"img_{i}" for i in range(10)), "note", "other"])
    with pytest.raises(NeedsAnswer) as caught:
        open_movie(folder)
    assert caught.value.accept == "left-out-files"


CYCLING = {
    "SI3": "state.acq.frameRate=3.6\rstate.acq.numberOfChannelsSave=2\rstate.acq.savingChannel1=1\r"
    "state.acq.savingChannel2=1\rstate.acq.numberOfZSlices=1",
    "SI4": "scanimage.SI4.channelsSave = [1 2]\nscanimage.SI4.scanFrameRate = 3.6\n"
    "scanimage.SI4.stackNumSlices = 1\nscanimage.SI4.fastZEnable = 0",
    "SI5": "scanimage.SI5.channelsSave = [1;2]\nscanimage.SI5.scanFrameRate = 3.6",
    "SI 5.1": "scanimage.SI.hChannels.channelSave = [1;2]\nscanimage.SI.hRoiManager.scanFrameRate = 3.6",
    "SI 2018": "frameNumbers = 1\nSI.hChannels.channelSave = [1;2]\nSI.hRoiManager.scanFrameRate = 3.6",
}


def interleaved(path, description, n=12, software=None):
    frames = np.arange(1, n + 1, dtype=np.uint16)[:, None, None] * np.ones((1, 4, 5), np.uint16)
    with tifffile.TiffWriter(path) as writer:
        for frame in frames:
            writer.write(frame, description=description, software=software, metadata=None)
    return path


@pytest.mark.parametrize("version", CYCLING)
def test_two_channels_of_scanimage(tmp_path, version):
    path = interleaved(tmp_path / "m.tif", CYCLING[version])
    with pytest.raises(SeveralSeries, match="2 channels") as caught:
        open_movie(path)
    assert caught.value.series == ("channel1", "channel2")
    movie = open_movie(path, series="channel2")
    assert movie.frame_rate_hz == pytest.approx(3.6)
    assert values(movie) == [2, 4, 6, 8, 10, 12]


@pytest.mark.parametrize(
    "stack",
    [
        "SI.hStackManager.numSlices = 3",
        "SI.hStackManager.enable = true\nSI.hStackManager.numSlices = 3",
        "SI.hFastZ.enable = 1\nSI.hFastZ.numVolumes = 4\nSI.hStackManager.numSlices = 3",
        "SI.hFastZ.enable = 1\nSI.hFastZ.numFramesPerVolume = 3",
    ],
)
def test_planes_of_scanimage(tmp_path, stack):
    software = f"SI.VERSION_MAJOR = 2018\nSI.hChannels.channelSave = 1\n{stack}\n"
    software += "SI.hRoiManager.scanFrameRate = 30"
    path = interleaved(tmp_path / "m.tif", "frameNumbers = 1", software=software)
    with pytest.raises(SeveralSeries, match="3 planes"):
        open_movie(path)
    movie = open_movie(path, series="plane2")
    assert movie.frame_rate_hz == pytest.approx(10)
    assert values(movie) == [2, 5, 8, 11]


@pytest.mark.parametrize(
    "software",
    [
        "SI.VERSION_MAJOR = 2031\nSI.hNovel.saved = 2",
        "SI.hChannels.channelSave = 1\nSI.hFastZ.enable = 1",
    ],
)
def test_an_unknown_header_is_never_single(tmp_path, software):
    path = interleaved(tmp_path / "m.tif", "", software=software)
    with pytest.raises(NeedsAnswer, match="header of a known form") as caught:
        open_movie(path)
    assert caught.value.accept == "header"
    assert len(values(open_movie(path, accepted=frozenset({"header"})))) == 12


def test_a_header_is_overruled(tmp_path):
    path = interleaved(tmp_path / "m.tif", CYCLING["SI5"])
    assert len(values(open_movie(path, series="all"))) == 12
    assert len(values(open_movie(path, accepted=frozenset({"header"})))) == 12


def test_pages_take_turns_across_files(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    for piece, first in enumerate((1, 4)):
        with tifffile.TiffWriter(folder / f"m_{piece}.tif") as writer:
            for value in range(first, first + 3):
                frame = np.full((4, 5), value, np.uint16)
                writer.write(frame, description=CYCLING["SI5"], metadata=None)
    assert values(open_movie(folder, series="channel2")) == [2, 4, 6]


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_series_of_an_imagej_hyperstack(tmp_path, compression):
    frames = np.arange(12, dtype=np.uint16).reshape(3, 2, 2, 1, 1) * np.ones((4, 5), np.uint16)
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, frames, imagej=True, compression=compression, metadata={"axes": "TZCYX"})
    assert values(open_movie(path, series="plane2-channel1", working_copy=False)) == [2, 6, 10]


def test_series_of_ome(tmp_path):
    frames = np.arange(6, dtype=np.uint16).reshape(3, 2, 1, 1) * np.ones((4, 5), np.uint16)
    path = tmp_path / "m.ome.tif"
    tifffile.imwrite(path, frames, metadata={"axes": "TCYX"})
    assert values(open_movie(path, series="channel2")) == [1, 3, 5]


def stamped(path, numbers, step_s, rate):
    with tifffile.TiffWriter(path) as writer:
        for number in numbers:
            text = f"frameNumbers = {number}\nframeTimestamps_sec = {number * step_s:.6f}"
            software = f"SI.hChannels.channelSave = 1\nSI.hRoiManager.scanFrameRate = {rate}"
            frame = np.full((4, 5), number, np.uint16)
            writer.write(frame, description=text, software=software, metadata=None)
    return path


def test_frames_that_scanimage_dropped(tmp_path):
    path = stamped(tmp_path / "m.tif", [n for n in range(1, 66) if not 30 < n < 36], 1 / 30, 30)
    with pytest.raises(NeedsAnswer, match="5 of 65 frames missing .*5 between frames 30 and 36"):
        open_movie(path)


def test_time_stamps_are_believed_before_the_header(tmp_path):
    path = stamped(tmp_path / "m.tif", range(1, 31), 0.1, 30)
    with pytest.warns(UserWarning, match="those of 10 Hz, its header says 30 Hz"):
        movie = open_movie(path)
    with movie:
        assert movie.frame_rate_hz == pytest.approx(10)


@pytest.mark.parametrize("compression", ["lzw", "zstd", "jpeg"])
def test_compressed_movies_open_as_installed(tmp_path, compression):
    frames = np.full((3, 16, 24), 77, np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", frames, photometric="minisblack", compression=compression)
    assert values(open_movie(tmp_path / "m.tif", working_copy=False)) == [77, 77, 77]


def test_missing_pixels_are_filled_on_request(tmp_path):
    frames = np.full((5, 6, 8), 9, np.float32)
    frames[2, :, :2] = np.nan
    tifffile.imwrite(tmp_path / "m.tif", frames)
    with open_movie(tmp_path / "m.tif", mask_nan=True) as movie, open_movie(movie.address) as again:
        assert (again.frames(0, 5) == 9).all()


def test_repeated_frames_are_asked_about(tmp_path):
    numbers = [1, 2, 3, 3, 4, 5, 6, 7, 8, 8]
    with pytest.raises(NeedsAnswer, match="2 of 10 frames repeated: frame 3, 8"):
        open_movie(stamped(tmp_path / "m.tif", numbers, 0.1, 10))


def colours(form):
    """Five frames in which red, green and blue are 10, 20 and 30 more than the frame's number."""
    planar = form.get("planarconfig") == "separate"
    shape = (5, 3, 16, 16) if planar else (5, 16, 16, 3)
    channel = np.arange(10, 40, 10).reshape((3, 1, 1) if planar else (1, 1, 3))
    number = np.arange(5).reshape(5, 1, 1, 1)
    return np.broadcast_to(channel + number, shape).astype(np.uint8)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"planarconfig": "separate"},
        {"imagej": True},
        {"ome": True},
        {"compression": "zlib"},
        {"compression": "zlib", "planarconfig": "separate"},
        {"tile": (16, 16)},
        {"rowsperstrip": 4, "planarconfig": "separate"},
        {"metadata": None},
    ],
)
def test_colours_of_a_pixel_are_series(tmp_path, form):
    tifffile.imwrite(tmp_path / "m.tif", colours(form), photometric="rgb", **form)
    with pytest.raises(SeveralSeries, match="3 values of a pixel") as caught:
        open_movie(tmp_path / "m.tif")
    assert caught.value.series == ("red", "green", "blue")
    for series, first in (("red", 10), ("green", 20), ("blue", 30)):
        with open_movie(tmp_path / "m.tif", series=series, working_copy=False) as movie:
            assert values(movie) == list(range(first, first + 5))


def test_images_of_one_ome_file_are_series(tmp_path):
    with tifffile.TiffWriter(tmp_path / "m.ome.tif", ome=True) as tif:
        for name, first, rate in (("spot a", 1, 0.1), ("spot b", 50, 0.05)):
            movie = np.arange(first, first + 6, dtype=np.uint16).reshape(6, 1, 1)
            movie = np.broadcast_to(movie, (6, 8, 9))
            tif.write(movie, metadata={"axes": "TYX", "Name": name, "TimeIncrement": rate})
    with pytest.raises(SeveralSeries, match="not 2 images, as its OME header says") as caught:
        open_movie(tmp_path / "m.ome.tif")
    assert caught.value.series == ("spot a", "spot b")
    with open_movie(tmp_path / "m.ome.tif", series="spot b") as movie:
        assert movie.frame_rate_hz == pytest.approx(20)
        assert values(movie) == [50, 51, 52, 53, 54, 55]


def test_channels_of_the_images_of_an_ome_file(tmp_path):
    with tifffile.TiffWriter(tmp_path / "m.ome.tif", ome=True) as tif:
        for _ in "ab":  # without names
            tif.write(np.zeros((3, 2, 8, 9), np.uint16), metadata={"axes": "TCYX"})
    with pytest.raises(SeveralSeries) as caught:
        open_movie(tmp_path / "m.ome.tif")
    names = caught.value.series
    assert len(names) == 4
    assert all(name.endswith(("/channel1", "/channel2")) for name in names)
    with open_movie(tmp_path / "m.ome.tif", series=names[3]) as movie:
        assert movie.n_frames == 3


def test_images_of_other_sizes_in_one_ome_file_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "m.ome.tif", ome=True) as tif:
        tif.write(np.zeros((3, 8, 9), np.uint16), metadata={"axes": "TYX"})
        tif.write(np.zeros((16, 18), np.uint16), metadata={"axes": "YX"})
    with pytest.raises(InputError, match="pages of one size and kind"):
        open_movie(tmp_path / "m.ome.tif")
