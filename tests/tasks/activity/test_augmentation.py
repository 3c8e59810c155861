"""Each augmentation on a picture of a few pixels."""

import numpy as np

from deepcinac.tasks.activity.augmentation import (
    NO_AUGMENTATION,
    AugmentationSettings,
    brighter,
    draw_pose,
    faulty,
    grown_or_shrunk,
    moved,
    noisier,
)


def test_poses_are_all_different_and_shifts_differ_between_axes():
    generator = np.random.default_rng(0)
    poses = [draw_pose(AugmentationSettings(), generator) for _ in range(200)]
    assert len({(round(angle, 6), mirror, shift) for angle, mirror, shift in poses}) == 200
    assert len({shift for _, _, shift in poses}) == 25  # -2..2 in y and in x, freely combined
    assert any(shift[0] != shift[1] for _, _, shift in poses)


def test_no_augmentation_is_no_change():
    assert draw_pose(NO_AUGMENTATION, np.random.default_rng(0)) == (0.0, False, (0.0, 0.0))


def test_added_noise_keeps_the_unit_of_noise():
    values = np.random.default_rng(1).normal(0, 1, 200_000).astype(np.float32)
    changed = noisier(values, 0.7, np.random.default_rng(2))
    assert abs(changed.std() - 1) < 0.01
    assert 0.75 < np.corrcoef(values, changed)[0, 1] < 0.87  # 1 / sqrt(1 + 0.49) = 0.82


def test_brightness_is_a_factor():
    assert brighter(np.array([1.0, -2.0]), 1.5).tolist() == [1.5, -3.0]


def test_masks_move_grow_and_shrink_by_a_pixel():
    mask = np.zeros((5, 5), bool)
    mask[1:4, 1:4] = True
    assert grown_or_shrunk(mask, grow=True).sum() == 9 + 12
    assert np.argwhere(grown_or_shrunk(mask, grow=False)).tolist() == [[2, 2]]
    assert np.argwhere(moved(mask, 1, -1)).min(0).tolist() == [2, 0]
    single = np.zeros((3, 3), bool)
    single[1, 1] = True
    assert grown_or_shrunk(single, grow=False).sum() == 1


def test_a_faulty_mask_is_near_the_true_one_and_never_empty():
    mask = np.zeros((9, 9), bool)
    mask[3:6, 3:6] = True
    for seed in range(50):
        changed = faulty(mask, np.random.default_rng(seed))
        assert changed.any()
        assert (changed & ~grown_or_shrunk(grown_or_shrunk(mask, True), True)).sum() == 0
