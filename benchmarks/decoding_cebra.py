"""CEBRA on the regions of simulated mice; run in an environment of its own.

    PYTHON benchmarks/decoding_cebra.py FOLD.npz          writes FOLD-by-cebra.npz

The file holds inputs (n_frames, n_regions) and behaviour (n_frames,) of each part: ``train``, ``chosen`` and
``judged``, with ``-inputs`` and ``-values``. The embedding (8 numbers of 10 frames) is learnt with running as
its label; neighbours in it decode, as in CEBRA's own examples. ``chosen`` decides how many neighbours.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
NEIGHBOURS = (10, 30, 100, 300, 1000)


def main(path: Path) -> None:
    """Embed, and ask the neighbours."""
    import cebra
    import torch
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import KNeighborsClassifier

    torch.manual_seed(0)
    torch.set_num_threads(1)
    held = np.load(path)
    inputs = {part: held[f"{part}-inputs"] for part in ("train", "chosen", "judged")}
    values = {part: held[f"{part}-values"].astype(int) for part in inputs}
    model = cebra.CEBRA(
        model_architecture="offset10-model", batch_size=512, learning_rate=3e-4, temperature=1.0,
        output_dimension=8, max_iterations=1500, distance="cosine", device="cpu",
    )  # fmt: skip
    model.fit(inputs["train"], values["train"])
    places = {part: model.transform(own) for part, own in inputs.items()}
    best, said, kept = -1.0, None, 0
    for n in NEIGHBOURS:
        near = KNeighborsClassifier(n, metric="cosine").fit(places["train"], values["train"])
        score = roc_auc_score(values["chosen"], near.predict_proba(places["chosen"])[:, 1])
        if score > best:
            best, kept, said = score, n, near.predict_proba(places["judged"])[:, 1]
    print(path.stem, "neighbours", kept, "AUC", roc_auc_score(values["judged"], said), flush=True)
    assert said is not None
    np.savez(path.with_name(f"{path.stem}-by-cebra.npz"), said=said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
