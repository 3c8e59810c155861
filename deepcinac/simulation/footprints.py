"""Where the simulated cells are and what they look like.

A footprint is the light of one cell at rest: an irregular soma, often with a dim nucleus, blurred by the
microscope. Footprints add up where cells overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.simulation.settings import SimulationSettings


@dataclass(frozen=True)
class Placement:
    """Centre (y, x) in pixels and radius in pixels of one source, and how blurred it is."""

    y: float
    x: float
    radius: float
    blur_px: float


def place_cells(settings: SimulationSettings, generator: np.random.Generator) -> list[Placement]:
    """Cells in focus: the wanted share of them is put onto a neighbour, the others keep clear.

    The first ``n_cells`` get a mask; the missed ones follow.
    """
    n_wanted = settings.n_cells + round(settings.missed_share * settings.n_cells)
    low, high = (limit / settings.pixel_size_um for limit in settings.radius_um)
    placed: list[Placement] = []
    for _ in range(n_wanted):
        radius = generator.uniform(low, high)
        overlapping = placed and generator.random() < settings.overlapping_share
        best, best_gap = None, -np.inf
        for _ in range(30):
            if overlapping:
                y, x = _beside(placed[generator.integers(len(placed))], radius, generator)
            else:
                y, x = generator.uniform(0, settings.height), generator.uniform(0, settings.width)
            if not (1 <= y <= settings.height - 2 and 1 <= x <= settings.width - 2):
                continue
            gap = min(
                (np.hypot(y - p.y, x - p.x) / (radius + p.radius) for p in placed), default=2.0
            )
            if gap > best_gap:
                best, best_gap = Placement(y, x, radius, settings.blur_px), gap
            if gap > (0.45 if overlapping else 1.0):
                break
        if best is not None:
            placed.append(best)
    order = generator.permutation(len(placed))
    return [placed[k] for k in order]


def _beside(
    partner: Placement, radius: float, generator: np.random.Generator
) -> tuple[float, float]:
    distance = generator.uniform(0.5, 0.95) * (radius + partner.radius)
    angle = generator.uniform(0, 2 * np.pi)
    return partner.y + distance * np.sin(angle), partner.x + distance * np.cos(angle)


def place_out_of_focus(
    settings: SimulationSettings, generator: np.random.Generator
) -> list[Placement]:
    """Cells above or below the focal plane: larger, blurred, in no mask."""
    n_cells = round(settings.out_of_focus_share * settings.n_cells)
    low, high = (limit / settings.pixel_size_um for limit in settings.radius_um)
    return [
        Placement(
            generator.uniform(-4, settings.height + 4),
            generator.uniform(-4, settings.width + 4),
            generator.uniform(low, high),
            settings.blur_px + generator.uniform(0.25, 0.6) * high,
        )
        for _ in range(n_cells)
    ]


def draw_footprint(
    place: Placement,
    height: int,
    width: int,
    margin: int,
    generator: np.random.Generator,
    nucleus_share: float = 0.8,
) -> np.ndarray:
    """Light of one cell, (height + 2 margin, width + 2 margin) float32 with maximum 1.

    The outline wobbles by a few harmonics around an ellipse; so many cells have a nucleus that is
    30 to 80 % dimmer (the indicator stays in the cytoplasm); one in five shows a piece of dendrite.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = height + 2 * margin, width + 2 * margin
    dy, dx = np.mgrid[:rows, :columns].astype(np.float32)
    dy -= place.y + margin
    dx -= place.x + margin
    angle = np.arctan2(dy, dx)
    reach = np.full_like(angle, place.radius)
    stretch = generator.uniform(1.0, 1.35)
    tilt = generator.uniform(0, np.pi)
    reach *= np.sqrt(stretch) / np.sqrt(
        np.cos(angle - tilt) ** 2 + (stretch * np.sin(angle - tilt)) ** 2
    )
    for harmonic in (2, 3, 4):
        size = generator.normal(0, 0.06)
        reach *= 1 + size * np.cos(harmonic * angle + generator.uniform(0, 2 * np.pi))
    distance = np.hypot(dy, dx) / reach
    light = 1.0 / (1.0 + np.exp(np.minimum((distance - 1.0) * place.radius / 0.35, 50.0)))
    if generator.random() < nucleus_share:
        depth, size = generator.uniform(0.3, 0.8), generator.uniform(0.4, 0.6)
        light *= 1 - depth * np.exp(-((distance / size) ** 4))
    if generator.random() < 0.2:
        light += _dendrite(dy, dx, place.radius, generator)
    light = gaussian_filter(light, place.blur_px, mode="constant")
    light[light < 0.01 * light.max()] = 0
    return (light / max(light.max(), 1e-9)).astype(np.float32)


def _dendrite(
    dy: np.ndarray, dx: np.ndarray, radius: float, generator: np.random.Generator
) -> np.ndarray:
    angle = generator.uniform(0, 2 * np.pi)
    along = dy * np.sin(angle) + dx * np.cos(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    length = radius * generator.uniform(1.8, 3.0)
    inside = (along > 0) & (along < length)
    return generator.uniform(0.2, 0.5) * inside * np.exp(-(across**2) / 0.8)
