"""Cultures of excitatory and inhibitory cells on multi-electrode arrays, in five mixtures.

Each culture is a random network of Izhikevich (2003) cells: every cell reaches a fifth of the others, noise
drives all of them, and the synapses of excitatory cells tire and recover (Tsodyks and Markram, 1997). With
many excitatory cells activity comes in network bursts, with few it is scattered. Cultures of one mixture
differ in the strength of their synapses, in noise, in recovery and a little in the mixture itself. All
cultures are stepped side by side, a millisecond at a time. :data:`NETWORK` was fixed before anything was
classified, and may not be changed to make a classifier look good.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.files import write_json, write_npz, written_atomically
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.spikes import Spikes, make_spikes
from deepcinac.simulation.culture_settings import CULTURE, MIXTURES, CultureSettings
from deepcinac.version import __version__

TABLE = "devices.csv"
STEP_S = 1e-3
_BLOCK = 1000


@dataclass(frozen=True)
class Network:
    """What all cultures have in common. Weights and drives are in the units of Izhikevich's model (mV/ms).

    ``spread_*``: SD over cultures of the logarithm of a value (of the mixture: of the share itself).
    """

    reached: float = 0.2
    excitation: float = 3.0
    inhibition: float = 3.0
    noise: float = 3.0
    recovery_ms: float = 3000.0
    tiring: float = 0.2
    current_decay: float = 0.82
    rest_excitatory: float = 0.6
    rest_inhibitory: float = 0.2
    steadiness_inhibitory: float = 0.6
    spread_weight: float = 0.18
    spread_noise: float = 0.08
    spread_recovery: float = 0.2
    spread_mixture: float = 0.04


NETWORK = Network()


@dataclass(frozen=True, eq=False)
class Culture:
    """A simulated device: its class, the true share of excitatory cells, and what its electrodes saw."""

    name: str
    mixture: str
    excitatory_share: float
    spikes: Spikes


def classes_of(n_devices: int) -> list[str]:
    """The mixture of each device: 32 are 6, 7, 6, 7 and 6 as in the paper, other numbers alike.

    >>> from collections import Counter
    >>> list(Counter(classes_of(32)).values()), list(Counter(classes_of(10)).values())
    ([6, 7, 6, 7, 6], [2, 2, 2, 2, 2])
    """
    shares = np.array([count for _, count in MIXTURES.values()]) * n_devices / 32
    counts = np.floor(shares).astype(int)
    for place in np.argsort(counts - shares, kind="stable")[: n_devices - counts.sum()]:
        counts[place] += 1
    return [
        name for name, count in zip(MIXTURES, counts.tolist(), strict=True) for _ in range(count)
    ]


class _Cells:
    """The cells of all cultures in one row, culture after culture."""

    def __init__(
        self, shares: np.ndarray, settings: CultureSettings, generator: np.random.Generator
    ) -> None:
        n_devices, n = len(shares), settings.cells
        net, size = NETWORK, n_devices * n
        excitatory = np.arange(n) < np.round(n * shares)[:, None]
        r = generator.random((n_devices, n))
        self.a = np.where(excitatory, 0.02, 0.02 + 0.08 * r).ravel().astype(np.float32)
        self.b = np.where(excitatory, 0.2, 0.25 - 0.05 * r).ravel().astype(np.float32)
        self.c = np.where(excitatory, -65 + 15 * r**2, -65.0).ravel().astype(np.float32)
        self.d = np.where(excitatory, 8 - 6 * r**2, 2.0).ravel().astype(np.float32)

        def varied(middle: float, spread: float) -> np.ndarray:
            return middle * np.exp(spread * generator.normal(size=(n_devices, 1)))

        weight = np.where(
            excitatory,
            varied(net.excitation, net.spread_weight),
            -varied(net.inhibition, net.spread_weight),
        )
        drive = varied(net.noise, net.spread_noise) * np.exp(
            0.35 * generator.normal(size=(n_devices, n))
        )
        recovery = np.broadcast_to(varied(net.recovery_ms, net.spread_recovery), (n_devices, n))
        reached = max(1, int(net.reached * n))
        self.targets = (
            generator.integers(0, n, (n_devices, n, reached))
            + n * np.arange(n_devices)[:, None, None]
        ).reshape(size, reached)
        scatter = np.exp(0.4 * generator.normal(size=(n_devices, n, reached)))
        self.weights = (weight[..., None] * scatter).reshape(size, reached).astype(np.float32)
        self.excitatory = excitatory.ravel()
        self.drive = drive.ravel().astype(np.float32)
        self.recovery = (1 / recovery).ravel().astype(np.float32)
        rest = np.where(self.excitatory, net.rest_excitatory, net.rest_inhibitory)
        self.rest = rest.astype(np.float32)


def simulate_cultures(
    settings: CultureSettings, seed: int = 0, progress: Progress = silent
) -> list[Culture]:
    """All cultures of a set, stepped side by side; the same seed and settings give the same spikes."""
    generator = np.random.default_rng([seed, 14])
    mixtures = classes_of(settings.devices)
    wanted = np.array([MIXTURES[name][0] for name in mixtures])
    moved = wanted + NETWORK.spread_mixture * generator.normal(size=len(wanted))
    shares = np.where((wanted > 0) & (wanted < 1), np.clip(moved, 0, 1), wanted)
    cells = _Cells(shares, settings, generator)
    n, n_recorded = settings.cells, min(settings.electrodes, settings.cells)
    electrode = np.full(len(cells.a), -1)
    for device in range(settings.devices):
        electrode[device * n + generator.permutation(n)[:n_recorded]] = np.arange(n_recorded)
    n_steps = round(settings.length_s / STEP_S)
    steps, fired = _step(cells, n_steps, settings.devices, generator, progress)
    seen = electrode[fired] >= 0
    steps, fired = steps[seen], fired[seen]
    times = (steps + 0.5) * STEP_S
    device = fired // n
    found = []
    for number, (mixture, share) in enumerate(zip(mixtures, shares.tolist(), strict=True)):
        own = device == number
        spikes = make_spikes(times[own], electrode[fired[own]], n_recorded, n_steps * STEP_S)
        found.append(Culture(f"device{number + 1:02d}", mixture, share, spikes))
    return found


def _step(
    cells: _Cells,
    n_steps: int,
    n_devices: int,
    generator: np.random.Generator,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """Step and cell of every spike, (n,) each."""
    net, size = NETWORK, len(cells.a)
    v = np.full(size, -65, np.float32)
    u = cells.b * v
    current, fresh = np.zeros(size, np.float32), np.ones(size, np.float32)
    slow = np.zeros(n_devices)
    steps, fired = [], []
    decay = np.float32(net.current_decay)
    for step in range(n_steps):
        if step % _BLOCK == 0:
            arousals = generator.normal(size=(_BLOCK, n_devices))
            progress(ProgressEvent("simulating", step, n_steps, f"{n_devices} cultures"))
        slow += 0.02 * arousals[step % _BLOCK] - slow / 2000
        noise = generator.standard_normal(size, np.float32) * cells.drive
        noise.reshape(n_devices, -1)[:] *= (1 + 0.3 * slow)[:, None]
        current *= decay
        noise += current
        noise += cells.rest
        for _ in range(2):  # two half steps of the voltage, as Izhikevich does
            v += np.float32(0.5) * ((np.float32(0.04) * v + 5) * v + 140 - u + noise)
        u += cells.a * (cells.b * v - u)
        fresh += (1 - fresh) * cells.recovery
        spiking = np.flatnonzero(v >= 30)
        np.minimum(v, 80, out=v)
        if not len(spiking):
            continue
        v[spiking] = cells.c[spiking]
        u[spiking] += cells.d[spiking]
        is_excitatory = cells.excitatory[spiking]
        strength = np.where(is_excitatory, fresh[spiking], np.float32(net.steadiness_inhibitory))
        sent = cells.weights[spiking] * strength[:, None]
        np.add.at(current, cells.targets[spiking], sent)
        fresh[spiking[is_excitatory]] *= 1 - net.tiring
        steps.append(np.full(len(spiking), step))
        fired.append(spiking)
    progress(ProgressEvent("simulating", n_steps, n_steps, f"{n_devices} cultures"))
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *steps]), np.concatenate([empty, *fired])


def write_cultures(
    settings: CultureSettings, out: Path, seed: int = 0, progress: Progress = silent
) -> Path:
    """Spike times of each device and the table that names them; the path of the table."""
    out.mkdir(parents=True, exist_ok=True)
    lines = ["file,class,device"]
    for one in simulate_cultures(settings, seed, progress):
        spikes = one.spikes
        write_npz(
            out / f"{one.name}.npz",
            times_s=spikes.times_s,
            channels=spikes.channels.astype(np.int16),
            n_channels=np.int64(spikes.n_channels),
            duration_s=np.float64(spikes.duration_s),
            excitatory_share=np.float64(one.excitatory_share),
        )
        lines.append(f"{one.name}.npz,{one.mixture},{one.name}")
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": CULTURE, "seed": seed}
    facts = {"settings": dataclasses.asdict(settings), "network": dataclasses.asdict(NETWORK)}
    write_json(out / "meta.json", {**about, **facts})
    with written_atomically(out / TABLE) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return out / TABLE
