"""How well the report around events tells what was simulated: wave speed, activated and depressed cells.

    python benchmarks/around.py [--seeds 1 2 3 4 5] [--speeds 150 400 1500]

Beside it, the plain ways: cells called by the trace itself without its ring, and depression sought over a low
percentile of the whole trace, as dF/F usually is.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from deepcinac.evaluation.around.analysis import analyse
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.evaluation.units import bootstrap_mean
from deepcinac.recording.traces import dff
from deepcinac.simulation.stimulus import CONDITIONS, RATE_HZ, simulate_stimulus
from deepcinac.simulation.stimulus_settings import StimulusSettings

Table = dict[str, list[float]]


def measure(seed: int, speed: float, table: Table) -> None:
    """One animal with one seed: errors of the speed in %, and accuracies over cells."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["DEEPCINAC_CACHE"] = str(Path(name) / "cache")
        settings = StimulusSettings(stimulated=1, stimuli=4, wave_um_s=speed)
        (path,) = simulate_stimulus(settings, Path(name) / "s", seed)
        truth = np.load(path.with_name(f"{path.stem}-truth.npz"))
        around = AroundSettings(artefact_s=0.1)
        y, x = truth["electrode"].tolist()
        for word, point in (("electrode known", (y, x)), ("electrode sought", None)):
            found = analyse(path, "stimulus", around, point)
            for one in found.conditions:
                error = np.nan if one.wave is None else 100 * (one.wave.speed_um_s / speed - 1)
                key = f"speed {speed:g} um/s, {word}: error in %"
                table.setdefault(key, []).append(abs(error))
        for one in found.conditions:
            activated = truth["activated"][CONDITIONS.index(one.name)]
            for kind, said in (("over ring", one.over), ("soma alone", one.somata)):
                right = (said.during_sd >= around.response_sd) == activated
                table.setdefault(f"activated, {kind}: accuracy", []).append(float(right.mean()))
            right = (one.over.after_sd <= -around.response_sd) == truth["depressed"]
            table.setdefault("depressed, own baseline: accuracy", []).append(float(right.mean()))
            low = one.somata.mean[:, one.windows.after].min(1)
            usual = dff(1 + one.somata.mean, RATE_HZ)[:, one.windows.after].min(1)
            table.setdefault("deepest dF/F of depressed cells", []).append(
                float(low[truth["depressed"]].mean())
            )
            table.setdefault("the same over a low percentile", []).append(
                float(usual[truth["depressed"]].mean())
            )


def main() -> None:
    """Print means with their intervals over animals and conditions, after each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--speeds", type=float, nargs="+", default=[150, 400, 1500])
    given = parser.parse_args()
    table: Table = {}
    for seed in given.seeds:
        for speed in given.speeds:
            measure(seed, speed, table)
        _say(table)


def _say(table: Table) -> None:
    """Means with their intervals, of what has been done so far."""
    for name, values in table.items():
        low, high = bootstrap_mean(np.array(values), np.random.default_rng(0)) or (np.nan, np.nan)
        worst = np.min(values) if "accuracy" in name else np.max(np.abs(values))
        mean = f"{np.mean(values):.3f} ({low:.3f} to {high:.3f})"
        print(f"{name}: {mean}, worst {worst:.3f}, n {len(values)}", flush=True)


if __name__ == "__main__":
    main()
