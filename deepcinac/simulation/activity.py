"""Spike trains and the fluorescence they cause.

A cell fires in bursts (pyramidal) or at a slowly changing rate (interneuron), takes part in network
synchronisations, and its indicator turns the spikes into dF/F: rise and decay are exponential, the
response is supralinear for a few spikes and saturates for many (Chen et al. 2013 for the GCaMP6
family). All times in seconds, dF/F as a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.simulation.settings import SimulationSettings

TRAIN_S, TRAIN_HZ = (0.3, 2.0), (8.0, 30.0)
PLATEAU_S, PLATEAU_HZ = (2.0, 10.0), (30.0, 60.0)


@dataclass(frozen=True)
class Indicator:
    """Kinetics of a calcium indicator: time constants, dF/F of one spike, and the form of the response."""

    rise_s: float
    decay_s: float
    amplitude: float
    exponent: float
    saturation_spikes: float


INDICATORS: dict[str, Indicator] = {
    "GCaMP6s": Indicator(0.12, 1.1, 0.16, 1.25, 25.0),
    "GCaMP6f": Indicator(0.04, 0.40, 0.12, 1.4, 30.0),
    "GCaMP6s-pup": Indicator(0.22, 1.8, 0.18, 1.1, 25.0),
    "GCaMP7f": Indicator(0.04, 0.55, 0.22, 1.2, 25.0),
    "OGB1": Indicator(0.02, 0.8, 0.07, 1.0, 20.0),
    "jRCaMP1a": Indicator(0.08, 1.9, 0.09, 1.1, 30.0),
    "jGCaMP8f": Indicator(0.006, 0.10, 0.30, 1.1, 15.0),
    "jGCaMP8m": Indicator(0.007, 0.16, 0.45, 1.1, 15.0),
    "GCaMP6s-slow": Indicator(0.25, 2.4, 0.18, 1.1, 12.0),
}


def indicator_of(name: str, generator: np.random.Generator) -> tuple[str, Indicator]:
    """An indicator with this cell's own kinetics: each constant varies by about a quarter."""
    if name == "mixed":
        name = str(generator.choice(list(INDICATORS)))
    if name not in INDICATORS:
        known = ", ".join([*INDICATORS, "mixed"])
        raise InputError(f"one of the indicators {known}", repr(name), "option indicator")
    nominal = INDICATORS[name]
    spread = np.exp(generator.normal(0.0, 0.25, size=4))
    return name, Indicator(
        nominal.rise_s * spread[0],
        nominal.decay_s * spread[1],
        nominal.amplitude * spread[2],
        nominal.exponent,
        nominal.saturation_spikes * spread[3],
    )


def burst_spikes(
    duration_s: float,
    event_rate_hz: float,
    spikes_per_event: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Spike times of a cell that fires in bursts: Poisson events, each of a geometric number of spikes."""
    n_events = generator.poisson(event_rate_hz * duration_s)
    starts = generator.uniform(0.0, duration_s, n_events)
    return _bursts_at(starts, spikes_per_event, generator)


def _bursts_at(
    starts: np.ndarray, spikes_per_event: float, generator: np.random.Generator
) -> np.ndarray:
    counts = generator.geometric(1.0 / max(spikes_per_event, 1.0), len(starts))
    intervals = [generator.uniform(0.005, 0.06) for _ in starts]
    spikes = [
        start + np.cumsum(np.r_[0.0, generator.exponential(interval, count - 1)])
        for start, count, interval in zip(starts, counts, intervals, strict=True)
    ]
    return np.sort(np.concatenate(spikes)) if spikes else np.empty(0)


def interneuron_spikes(
    duration_s: float, firing_rate_hz: float, generator: np.random.Generator
) -> np.ndarray:
    """Spike times at a rate that wanders slowly over a factor of several, with pauses."""
    step_s = 0.02
    n_steps = int(np.ceil(duration_s / step_s)) + 1
    memory_s = generator.uniform(0.5, 4.0)
    path = wander(n_steps, memory_s / step_s, generator)
    spread = generator.uniform(0.8, 1.6)
    rate = firing_rate_hz * np.exp(spread * path - spread**2 / 2)
    rate[path < -0.5] *= generator.uniform(0.0, 0.3)
    counts = generator.poisson(np.clip(rate, 0, 150) * step_s)
    steps = np.repeat(np.arange(n_steps), counts)
    times = (steps + generator.uniform(0, 1, len(steps))) * step_s
    return np.sort(times[times < duration_s])


def train_spikes(
    starts: np.ndarray,
    duration_s: tuple[float, float],
    rate_hz: tuple[float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    """Spike times of one train at each start: its length and its rate are drawn from the ranges."""
    trains = [np.empty(0)]
    for start in starts.tolist():
        length, rate = generator.uniform(*duration_s), generator.uniform(*rate_hz)
        n_spikes = generator.poisson(length * rate)
        trains.append(start + np.r_[0.0, generator.uniform(0.0, length, n_spikes)])
    return np.sort(np.concatenate(trains))


def synchronisation_times(
    duration_s: float, rate_hz: float, generator: np.random.Generator
) -> np.ndarray:
    """Times of network synchronisations (giant depolarising potentials in the pup), at least 2 s apart."""
    times = np.sort(generator.uniform(0, duration_s, generator.poisson(rate_hz * duration_s)))
    keep = np.r_[True, np.diff(times) > 2.0] if len(times) else np.empty(0, bool)
    return times[keep]


def cell_spikes(
    settings: SimulationSettings,
    synchronisations: np.ndarray,
    generator: np.random.Generator,
) -> tuple[str, np.ndarray]:
    """The kind of a cell and its spike times, its part in the synchronisations included."""
    duration_s = settings.n_frames / settings.frame_rate_hz
    kind = settings.activity
    if kind == "mixed":
        kind = "interneuron" if generator.random() < 0.15 else "pyramidal"
    if kind == "interneuron":
        rate = _log_uniform(settings.firing_rate_hz, generator)
        return kind, interneuron_spikes(duration_s, rate, generator)
    own = _pyramidal_spikes(settings, duration_s, generator)
    size = generator.uniform(*settings.spikes_per_event)
    loyalty = np.clip(settings.synchrony_share * generator.uniform(0.2, 1.8), 0, 1)
    joined = synchronisations[generator.random(len(synchronisations)) < loyalty]
    joined = joined + np.abs(generator.normal(0, 0.12, len(joined)))
    spikes = np.sort(np.r_[own, _bursts_at(joined, size, generator)])
    return kind, spikes[spikes < duration_s]


def _pyramidal_spikes(
    settings: SimulationSettings, duration_s: float, generator: np.random.Generator
) -> np.ndarray:
    """Bursts and trains at random times, some followed by a second event, and now and then a plateau."""
    rate = _log_uniform(settings.event_rate_hz, generator)
    size = generator.uniform(*settings.spikes_per_event)
    starts = generator.uniform(0.0, duration_s, generator.poisson(rate * duration_s))
    again = starts[generator.random(len(starts)) < settings.second_event_share]
    starts = np.r_[starts, again + generator.uniform(0.2, 2.5, len(again))]
    is_train = generator.random(len(starts)) < settings.train_share
    n_plateaus = generator.poisson(settings.plateaus_per_minute * duration_s / 60)
    plateaus = generator.uniform(0.0, duration_s, n_plateaus)
    return np.concatenate(
        [
            _bursts_at(starts[~is_train], size, generator),
            train_spikes(starts[is_train], TRAIN_S, TRAIN_HZ, generator),
            train_spikes(plateaus, PLATEAU_S, PLATEAU_HZ, generator),
        ]
    )


def fluorescence(
    spikes_s: np.ndarray, n_frames: int, frame_rate_hz: float, indicator: Indicator
) -> np.ndarray:
    """Noise-free dF/F, (n_frames,), averaged over each frame.

    Computed on a grid of about 5 ms: spikes pass a rising and a decaying exponential (unit height for
    one spike), then the static response of the indicator.
    """
    from scipy.signal import lfilter

    fine = max(1, int(np.ceil(200.0 / frame_rate_hz)))
    step_s = 1.0 / (frame_rate_hz * fine)
    counts = np.bincount(
        np.minimum((spikes_s / step_s).astype(int), n_frames * fine - 1), minlength=n_frames * fine
    )
    decay = np.exp(-step_s / indicator.decay_s)
    rise = np.exp(-step_s / indicator.rise_s)
    calcium = lfilter([1.0], [1.0, -(decay + rise), decay * rise], counts.astype(float))
    until_peak = int(np.ceil((10 * indicator.rise_s + indicator.decay_s) / step_s)) + 2
    impulse = lfilter([1.0], [1.0, -(decay + rise), decay * rise], np.eye(1, until_peak)[0])
    calcium /= impulse.max()
    return _response(calcium, indicator).reshape(n_frames, fine).mean(1)


def _response(calcium: np.ndarray, indicator: Indicator) -> np.ndarray:
    powered = np.maximum(calcium, 0.0) ** indicator.exponent
    half = indicator.saturation_spikes**indicator.exponent
    return indicator.amplitude * powered / (1.0 + powered / half)


def spikes_per_frame(spikes_s: np.ndarray, n_frames: int, frame_rate_hz: float) -> np.ndarray:
    """Number of spikes in each frame, (n_frames,) int16; frame f covers [f, f + 1) / frame_rate_hz."""
    frames = np.floor(spikes_s * frame_rate_hz).astype(int)
    frames = frames[(frames >= 0) & (frames < n_frames)]
    return np.bincount(frames, minlength=n_frames).astype(np.int16)


def wander(n: int, memory: float, generator: np.random.Generator) -> np.ndarray:
    """An Ornstein-Uhlenbeck path of unit variance with a memory of so many steps."""
    from scipy.signal import lfilter

    keep = np.exp(-1.0 / max(memory, 1e-3))
    noise = generator.normal(0, np.sqrt(1 - keep**2), n)
    noise[0] = generator.normal()
    return lfilter([1.0], [1.0, -keep], noise)


def _log_uniform(limits: tuple[float, float], generator: np.random.Generator) -> float:
    low, high = max(limits[0], 1e-6), max(limits[1], 1e-6)
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))
