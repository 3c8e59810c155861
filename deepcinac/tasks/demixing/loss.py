"""The loss of demixing: it does not care in which slot a cell lands."""

from __future__ import annotations

from typing import Any

from deepcinac.learning.backend import load_keras
from deepcinac.tasks.demixing.unrolled import TINY, Architecture, unit

DUSTBIN = 0.25
TEMPERATURE = 0.03
SINKHORN_STEPS = 30
USUAL_CELLS = 16.0
"""In a tile: the scale of what wrong claims cost, beside how well cells are drawn."""


def loss_of(architecture: Architecture, targets: Any, outputs: Any) -> Any:
    """Loss of each tile, whatever slot a cell lies in.

    ``targets`` (n, m, 2 tile^2 + n_frames + 1): footprints, masks, courses, and what each is: 1 to be found,
    -1 not judged, 0 no cell. Slots and cells are matched by Sinkhorn's algorithm, with a place for those that
    match nothing; a pair costs what its footprints, masks and courses have not in common.
    """
    ops = load_keras().ops
    pixels = architecture.tile_px**2
    kind = targets[..., -1]
    wanted = ops.cast(kind > 0, outputs.dtype)
    there = ops.cast(ops.abs(kind) > 0, outputs.dtype)
    used = ops.cast(ops.max(outputs[..., :pixels], -1) > 0, outputs.dtype)
    shape, mask = outputs[..., :pixels], outputs[..., pixels : 2 * pixels]
    true_shape, true_mask = targets[..., :pixels], targets[..., pixels : 2 * pixels]
    course, true_course = outputs[..., 2 * pixels : -1], targets[..., 2 * pixels : -1]
    alike = _products(ops, unit(ops, shape), unit(ops, true_shape))
    area = ops.sum(mask, -1)[..., None] + ops.sum(true_mask, -1)[:, None, :]
    dice = 2 * _products(ops, mask, true_mask) / (area + 1.0)
    together = _products(ops, _centred(ops, course), _centred(ops, true_course))
    logit = outputs[..., -1]
    likeness = (
        0.4 * alike
        + 0.4 * dice
        + 0.2 * ops.maximum(together, 0)
        + 0.1 * ops.sigmoid(logit)[..., None]
    )
    possible = used[..., None] * there[:, None, :]
    matched = ops.stop_gradient(_matched(ops, ops.where(possible > 0, likeness, -1.0), used, there))
    matched = matched * possible
    counted = matched * wanted[:, None, :]
    cost = (1 - alike) + (1 - dice) + (1 - together)
    found = ops.sum(counted, (1, 2))
    quality = ops.sum(counted * cost, (1, 2)) / ops.maximum(found, 1.0)
    overlap = dice / (2 - dice)
    good = ops.stop_gradient(ops.sum(counted * ops.sigmoid(20 * (overlap - 0.5)), -1))
    judged = used * (1 - ops.sum(matched * (1 - wanted)[:, None, :], -1))
    cross = ops.softplus(logit) - good * logit
    doubt = ops.sum(judged * cross, -1) / USUAL_CELLS
    return quality + doubt


def _products(ops: Any, one: Any, other: Any) -> Any:
    return ops.matmul(one, ops.transpose(other, (0, 2, 1)))


def _centred(ops: Any, x: Any) -> Any:
    return unit(ops, x - ops.mean(x, -1, keepdims=True))


def _matched(ops: Any, likeness: Any, used: Any, there: Any) -> Any:
    """Soft one-to-one matching (n, k, m) of slots that are used and cells that are there."""
    n_slots, n_cells = ops.sum(used, -1, keepdims=True), ops.sum(there, -1, keepdims=True)
    low = -1e4
    scores = ops.pad(likeness, [[0, 0], [0, 1], [0, 1]], constant_values=DUSTBIN) / TEMPERATURE
    rows = ops.concatenate([ops.where(used > 0, 0.0, low), ops.log(n_cells + TINY)], -1)
    columns = ops.concatenate([ops.where(there > 0, 0.0, low), ops.log(n_slots + TINY)], -1)
    u, v = ops.zeros_like(rows), ops.zeros_like(columns)
    for _ in range(SINKHORN_STEPS):
        u = rows - ops.logsumexp(scores + v[:, None, :], 2)
        v = columns - ops.logsumexp(scores + u[..., None], 1)
    return ops.exp(ops.minimum(scores + u[..., None] + v[:, None, :], 0.0))[:, :-1, :-1]
