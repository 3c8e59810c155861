"""What makes a simulated movie look like tissue, part by part."""

import numpy as np
import pytest
from scipy.ndimage import label

from deepcinac.simulation.activity import train_spikes
from deepcinac.simulation.background import flashes
from deepcinac.simulation.masks import draw_masks, faulty_mask, ragged_mask, shifted_mask
from deepcinac.simulation.motion import (
    MARGIN_PX,
    draw_motion,
    empty_borders,
    focus,
    moved_into_field,
)
from deepcinac.simulation.processes import draw_process, draw_punctum
from deepcinac.simulation.scene import PROCESS, PUNCTUM, build_scene, visibility_of
from deepcinac.simulation.settings import preset_settings


def _disc(radius=6.0, size=31):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.clip(radius + 0.5 - np.hypot(y, x), 0, 1).astype(np.float32)


def test_a_cell_in_the_plane_dims_and_returns_and_one_below_brightens():
    depth = np.array([0.0, 5.0, 0.0])  # the focal plane goes down by 5 um and comes back
    in_plane, below, above = (focus(place, depth) for place in (0.0, 10.0, -10.0))
    assert in_plane[0] == in_plane[2] == 1.0
    assert in_plane[1] < 0.8
    assert below[1] > 1.2
    assert above[1] < in_plane[1]


def test_frames_move_by_whole_and_half_pixels_and_keep_their_light():
    frame = np.zeros((1, 32, 32), np.float32)
    frame[0, 16, 16] = 8.0
    down = moved_into_field(frame, np.array([[1.0, 0.0]]))[0]
    assert np.argwhere(down).tolist() == [[17 - MARGIN_PX, 16 - MARGIN_PX]]
    half = moved_into_field(frame, np.array([[0.0, -0.5]]))[0]
    row = 16 - MARGIN_PX
    assert half[row, row - 1 : row + 1].tolist() == [4.0, 4.0]
    assert half.sum() == down.sum() == 8.0


def test_emptied_borders_are_dark_or_show_the_other_side():
    frame = np.arange(1, 17, dtype=np.float32).reshape(1, 4, 4)
    dark = empty_borders(frame.copy(), np.array([[1, 0]]), wrapped=False)[0]
    assert dark[0].tolist() == [0, 0, 0, 0]
    assert dark[1:].tolist() == frame[0, 1:].tolist()
    turned = empty_borders(frame.copy(), np.array([[0, -1]]), wrapped=True)[0]
    assert turned[:, -1].tolist() == frame[0, :, 0].tolist()


def test_depth_jumps_come_as_often_as_asked_and_last_less_than_three_seconds():
    settings = preset_settings(n_frames=6000, depth_jumps_per_minute=2.0)  # ten minutes
    motion = draw_motion(settings, np.random.default_rng(0))
    assert len(motion.depth_jumps) == pytest.approx(20, abs=12)
    assert np.diff(motion.depth_jumps, axis=1).max() <= 30
    still = draw_motion(preset_settings(n_frames=6000), np.random.default_rng(0))
    assert not still.depth_um.any()
    assert not still.emptied.any()


def test_flashes_light_the_whole_field_and_end():
    settings = preset_settings(n_frames=3000, whole_field_per_minute=2.0, whole_field=(0.2, 0.2))
    pattern, course = flashes(20, 20, settings, np.random.default_rng(3))
    assert pattern.min() > 0
    assert 0.1 < course.max() < 0.65
    assert (course == 0).mean() > 0.5
    assert not flashes(20, 20, preset_settings(), np.random.default_rng(3))[1].any()


def test_a_process_is_long_and_thin_and_a_spot_is_small():
    generator = np.random.default_rng(2)
    process = draw_process(64, 64, 8, 2.0, generator)
    spot = draw_punctum(64, 64, 8, 2.0, generator)
    rows, columns = np.nonzero(process > 0.3)
    length = max(np.ptp(rows), np.ptp(columns)) + 1
    assert process.max() == spot.max() == 1.0
    assert length > 10
    assert (process > 0.3).sum() < 4 * length
    assert (spot > 0.3).sum() < 25


def test_a_ragged_mask_covers_the_cell_in_one_piece_but_not_its_outline():
    footprint, smooth = _disc(), _disc() > 0.3
    for seed in range(10):
        mask = ragged_mask(footprint, np.random.default_rng(seed))
        assert label(mask)[1] == 1
        assert (mask & smooth).sum() > 0.7 * smooth.sum()
        assert not np.array_equal(mask, smooth)


def test_masks_shift_by_no_more_than_asked_and_are_never_empty():
    settings = preset_settings(
        mask_shift_px=1.0, mask_fault_share=0.0, ragged_share=0.0, merged_share=0.0
    )
    footprint = _disc()
    centres = []
    for seed in range(20):
        (mask,), _ = draw_masks(footprint[None], settings, np.random.default_rng(seed))
        centres.append(np.argwhere(mask).mean(0) - 15)
    assert np.abs(centres).max() == pytest.approx(1.0, abs=0.05)
    assert len({tuple(np.rint(c)) for c in centres}) > 3
    lost = shifted_mask(footprint > 0.5, 40, 0)
    assert not lost.any()


def test_a_faulty_mask_keeps_pixels():
    mask = np.zeros((9, 9), bool)
    mask[3:6, 3:6] = True
    for seed in range(50):
        assert faulty_mask(mask, np.random.default_rng(seed)).sum() >= 6


def test_trains_hold_their_rate_for_their_length():
    spikes = train_spikes(np.array([10.0]), (2.0, 2.0), (40.0, 40.0), np.random.default_rng(0))
    assert spikes[0] == 10.0
    assert spikes[-1] <= 12.0
    assert len(spikes) == pytest.approx(81, abs=25)


def test_bright_tissue_has_dim_and_bright_cells_side_by_side_and_light_without_a_mask():
    settings = preset_settings(
        "bright-tissue", n_frames=1500, height=80, width=80, n_cells=25, visibility=(3.0, 100.0)
    )
    scene = build_scene(settings, np.random.default_rng(1))
    strong = [visibility_of(scene, k).max(initial=0) for k in range(len(scene.masks))]
    strong = [height for height in strong if height > 0]
    assert min(strong) < 10
    assert max(strong) > 40
    roles = [source.role for source in scene.sources]
    assert roles.count(PROCESS) >= 10
    assert roles.count(PUNCTUM) >= 20
