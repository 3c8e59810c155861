"""Do the spikes of recorded traces fit their fluorescence? ``python benchmarks/spike_lag.py FOLDER``

Prints, for each data set, the median lag from a spike to the steepest rise, and every neuron further than
60 ms from it. Exit status 1 where there is one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from deepcinac.simulation.recorded import read_recordings
from deepcinac.simulation.spike_lag import TOLERANCE_S, out_of_step, spike_rise_lags


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="recorded traces with spikes")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE_S, metavar="S")
    args = parser.parse_args()
    lags = spike_rise_lags(read_recordings(args.folder))
    odd = out_of_step(lags, args.tolerance)
    print(f"{'data set':40s} neurons  judged  median lag   furthest  out of step")
    for name in sorted({lag.data_set for lag in lags}):
        own = [lag for lag in lags if lag.data_set == name]
        sure = np.array([lag.lag_s for lag in own if lag.is_sure])
        middle = float(np.median(sure)) if len(sure) else float("nan")
        furthest = float(np.abs(sure - middle).max()) if len(sure) else float("nan")
        count = sum(lag.data_set == name for lag in odd)
        counts = f"{len(own):7d} {len(sure):7d}"
        print(f"{name:40s} {counts} {1e3 * middle:8.0f} ms {1e3 * furthest:7.0f} ms {count:12d}")
    for lag in odd:
        print(
            f"out of step: {lag.data_set} {lag.neuron}: {1e3 * lag.lag_s:.0f} ms "
            f"({lag.n_events} events, {lag.contrast_sd:.0f} SD)"
        )
    return int(bool(odd))


if __name__ == "__main__":
    raise SystemExit(main())
