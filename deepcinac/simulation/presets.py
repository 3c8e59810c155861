"""Named starting points for the settings of a simulated movie.

The first five are fields of the hippocampus and the cortex in good order. The kinds of ``TISSUE_KINDS`` are
what recordings look like in practice; a corpus is drawn from them and validation is reported by kind.
"""

from __future__ import annotations

# Faults of real recordings that every kind has a little of.
_FAULTS: dict[str, object] = {
    "mask_fault_share": 0.3,
    "ragged_share": 0.4,
    "mask_shift_px": 0.7,
    "missed_share": 0.15,
    "process_share": 0.2,
    "puncta_share": 0.2,
    "depth_jumps_per_minute": 0.4,
    "border_px": (0.0, 0.8),
    "whole_field_per_minute": 0.2,
    "sudden_shifts_per_minute": 0.6,
    "second_event_share": 0.15,
}

_KINDS: dict[str, dict[str, object]] = {
    # real traces on overlapping cells at 10 Hz, in moderate light
    "hybrid": {
        **_FAULTS,
        "n_cells": 34,
        "radius_um": (7.0, 11.0),
        "overlapping_share": 0.6,
        "recorded_share": 1.0,
        "visibility": (3.0, 25.0),
    },
    # a packed layer with synchronous events, all simulated
    "dense": {
        **_FAULTS,
        "n_cells": 105,
        "radius_um": (5.0, 8.0),
        "overlapping_share": 0.8,
        "activity": "mixed",
        "event_rate_hz": (0.005, 0.08),
        "synchrony_rate_hz": 0.06,
        "missed_share": 0.2,
        "out_of_focus_share": 0.35,
        "process_share": 0.05,
        "puncta_share": 0.05,
    },
    # few photons and small transients
    "dim": {
        **_FAULTS,
        "n_cells": 34,
        "radius_um": (7.0, 11.0),
        "overlapping_share": 0.6,
        "recorded_share": 0.7,
        "photons": (4.0, 8.0),
        "visibility": (1.5, 9.0),
    },
    # resonant scanning: many frames, few photons in each
    "30hz": {
        **_FAULTS,
        "n_cells": 34,
        "radius_um": (7.0, 11.0),
        "frame_rate_hz": 30.0,
        "overlapping_share": 0.5,
        "recorded_share": 0.8,
        "photons": (3.0, 12.0),
        "visibility": (1.5, 14.0),
    },
    # jGCaMP8: over in a tenth of a second
    "fast-indicator": {
        **_FAULTS,
        "n_cells": 30,
        "radius_um": (7.0, 11.0),
        "frame_rate_hz": 30.0,
        "overlapping_share": 0.4,
        "indicator": "jGCaMP8m",
        "recorded_share": 0.8,
        "recorded_sets": "jGCaMP8",
        "event_rate_hz": (0.02, 0.4),
        "spikes_per_event": (1.0, 5.0),
        "photons": (3.0, 20.0),
        "visibility": (2.0, 25.0),
    },
    # bright cells of a slow indicator on a dark ground, dendrites, plateaus, motion in depth
    "bright-tissue": {
        **_FAULTS,
        "n_cells": 34,
        "radius_um": (5.0, 9.0),
        "frame_rate_hz": 30.0,
        "pixel_size_um": 1.2,
        "overlapping_share": 0.3,
        "indicator": "GCaMP6s-slow",
        "silent_share": 0.4,
        "event_rate_hz": (0.01, 0.08),
        "spikes_per_event": (2.0, 12.0),
        "train_share": 0.6,
        "second_event_share": 0.3,
        "plateaus_per_minute": 0.15,
        "process_share": 0.6,
        "puncta_share": 1.2,
        "photons": (3.0, 8.0),
        "visibility": (4.0, 60.0),
        "brightest_rest": 12.0,
        "nucleus_share": 0.35,
        "baseline_drift": (0.0, 0.02),
        "neuropil": (0.01, 0.06),
        "noise_correlation": (0.05, 0.25),
        "depth_jumps_per_minute": 1.5,
        "border_px": (0.1, 1.0),
        "jitter_px": (0.02, 0.15),
        "whole_field_per_minute": 0.5,
        "synchrony_rate_hz": 0.01,
        "synchrony_share": 0.15,
        "vessels": 1,
    },
    # most cells do nothing for minutes
    "nearly-silent": {
        **_FAULTS,
        "n_cells": 50,
        "radius_um": (6.0, 10.0),
        "overlapping_share": 0.4,
        "silent_share": 0.7,
        "event_rate_hz": (0.004, 0.06),
        "baseline_drift": (0.0, 0.03),
        "synchrony_rate_hz": 0.0,
        "visibility": (3.0, 60.0),
        "depth_jumps_per_minute": 1.0,
        "process_share": 0.3,
    },
}

TISSUE_KINDS = tuple(_KINDS)

PRESETS: dict[str, dict[str, object]] = {
    "ca1-pup": {
        "n_cells": 95,
        "overlapping_share": 0.6,
        "radius_um": (5.5, 8.5),
        "synchrony_rate_hz": 0.06,
        "synchrony_share": 0.3,
    },
    "cortex": {
        "n_cells": 36,
        "overlapping_share": 0.35,
        "radius_um": (7.0, 11.0),
        "indicator": "GCaMP6f",
        "event_rate_hz": (0.02, 0.3),
        "synchrony_rate_hz": 0.01,
        "synchrony_share": 0.15,
        "neuropil": (0.03, 0.12),
    },
    "interneuron": {
        "n_cells": 16,
        "overlapping_share": 0.15,
        "radius_um": (7.0, 11.0),
        "activity": "interneuron",
        "indicator": "GCaMP6s",
    },
    "crowded": {
        "n_cells": 130,
        "overlapping_share": 0.8,
        "radius_um": (5.5, 9.0),
        "activity": "mixed",
        "indicator": "mixed",
        "synchrony_rate_hz": 0.08,
        "synchrony_share": 0.4,
        "out_of_focus_share": 0.4,
    },
    **_KINDS,
    "small": {"n_cells": 14, "n_frames": 600, "height": 48, "width": 48},
}
