"""What is scored: what each layer or file says of a recording, and whose word it is scored against.

An expert whose labels went into a consensus would be scored against these very labels. The score is against
the consensus of the others instead, made anew, and the report says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.predictions import Predictions, load_predictions
from deepcinac.evaluation.session_truth import truth_of_labels
from deepcinac.evaluation.study import CURVE, PROBABILITY, TRANSIENTS
from deepcinac.evaluation.truth import Truth
from deepcinac.files import SESSION_ENDING, is_results
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.consensus_settings import ConsensusSettings
from deepcinac.labelling.judgement import truth_layer
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.layer_labels import Labels, make_labels, read_labels
from deepcinac.labelling.session import Layer, Session
from deepcinac.labelling.transients import raster, runs

CONSENSUS = "consensus"


@dataclass(frozen=True, eq=False)
class Claim:
    """What a layer or a file says of a recording.

    ``values`` (n, n_frames) of the ``cells`` (n,): a probability, a curve from 0 to 1, or 0 and 1; NaN:
    nothing is said. ``threshold``: its own, None where it has none. ``truth`` and ``against``: what it
    is scored against, and whose word that is. ``labels``: of a layer that people wrote. ``related``: it
    shares labels with the truth that others are scored against.
    """

    name: str
    values: np.ndarray
    cells: np.ndarray
    says: str
    threshold: float | None
    truth: Truth
    against: str
    labels: Labels | None = None
    related: bool = False
    notes: tuple[str, ...] = ()
    predictions: Predictions | None = None


def claim_of_file(place: str | Path, name: str, truth: Truth, against: str) -> Claim:
    """A file of results, an array, or a layer of another session."""
    found = load_predictions(place, truth.shape, truth.cells)
    silent = np.isin(found.probability[np.isfinite(found.probability)], (0, 1)).all()
    says = CURVE if found.is_curve else TRANSIENTS if silent else PROBABILITY
    own = found.meta.get("threshold")
    return Claim(
        name, found.probability, found.cells, says, None if own is None else float(own),
        truth, against, notes=found.notes, predictions=found,
    )  # fmt: skip


def claims_of_session(
    path: str | Path, truth: Truth, layer: str | None, names: Sequence[str] | None
) -> tuple[list[Claim], list[str]]:
    """The layers of a session called ``names`` (None: all that say something), and what to know.

    ``layer`` is the one that ``truth`` was read from. A name that is a file, or a layer of another
    session, is read from there.
    """
    claims: list[Claim] = []
    notes: list[str] = []
    with Session.open(path, read_only=True) as session:
        believed = truth_layer(session, layer)
        for name in _all_names(session, believed) if names is None else names:
            if is_results(Path(name)) or SESSION_ENDING in name:
                claims.append(claim_of_file(name, name, truth, believed.name))
                continue
            found = session.find_layer(name)
            if found.id == believed.id:
                raise InputError(
                    "another layer than the truth", f"'{found.name}' for both", path,
                    "Name another layer to believe with --layer",
                )  # fmt: skip
            label = name if names is not None else found.name
            claims.append(_claim_of_layer(session, found, believed, truth, label))
        if believed.kind == CONSENSUS:
            notes += _about_members(session, believed)
    return claims, notes


def _all_names(session: Session, believed: Layer) -> list[str]:
    """Every layer that says something, experts first; a consensus only beside another one."""
    kinds = ("expert", "method", "classifier")
    return [
        f"#{layer.id}"
        for kind in kinds
        for layer in session.layers(kind)
        if layer.id != believed.id and _says_something(session, layer)
    ]


def _says_something(session: Session, layer: Layer) -> bool:
    return bool(len(session.all_transients(layer.id)) or len(session.predicted_cells(layer.id)))


def _members(consensus: Layer) -> list[str]:
    """Names of the layers that a consensus was made of; none where it does not say."""
    said = consensus.meta.get("layers", [])
    return [str(name) for name in said] if isinstance(said, list) else []


def _about_members(session: Session, consensus: Layer) -> list[str]:
    members = _members(consensus)
    if not members:
        return [
            f"{consensus.name} does not say whose labels it was made of: an expert who took part in "
            "it is scored too well against it."
        ]
    here = {layer.name for layer in session.layers()}
    gone = [name for name in members if name not in here]
    if gone:
        return [
            f"{consensus.name} was made of {_listed(members)}; {_listed(gone)} is not here under that "
            "name any more, so that it is left out where the consensus is made anew."
        ]
    return []


def _claim_of_layer(
    session: Session, layer: Layer, believed: Layer, truth: Truth, name: str
) -> Claim:
    if layer.kind not in LABEL_KINDS:
        place = f"{session.path}#{layer.name}"
        return replace(claim_of_file(place, name, truth, believed.name), threshold=layer.threshold)
    labels = replace(read_labels(session, layer.id), name=name)
    cells, values = values_of_labels(labels)
    claim = Claim(name, values, cells, TRANSIENTS, None, truth, believed.name, labels)
    if believed.kind == CONSENSUS and layer.name in _members(believed):
        return _against_the_others(session, claim, layer, believed, truth)
    if layer.kind == CONSENSUS and believed.name in _members(layer):
        note = f"{name} was made with the labels of {believed.name}: its score is too high."
        return replace(claim, related=True, notes=(note,))
    return claim


def _against_the_others(
    session: Session, claim: Claim, layer: Layer, believed: Layer, truth: Truth
) -> Claim:
    """An expert against the consensus of the others."""
    members = set(_members(believed)) - {layer.name}
    others = [read_labels(session, x.id) for x in session.layers() if x.name in members]
    if not others:
        note = (
            f"{layer.name} is the only one whose labels {believed.name} was made of, and is scored against "
            "these very labels."
        )
        return replace(claim, related=True, notes=(note,))
    names = _listed([other.name for other in others])
    if len(others) == 1:
        labels, against = others[0], f"{names} alone"
    else:
        settings = _settings_of(believed, len(others))
        labels, against = make_consensus(others, settings).labels, f"the consensus of {names}"
    note = f"{layer.name} is part of {believed.name} and was scored against {against}."
    return replace(
        claim, truth=truth_of_labels(truth, labels), against=against, related=True, notes=(note,)
    )


def _settings_of(consensus: Layer, n_experts: int) -> ConsensusSettings:
    """Those of a consensus, for so many experts."""
    votes, judges = consensus.meta.get("minimum_votes"), consensus.meta.get("minimum_judges")
    return ConsensusSettings(
        minimum_votes=min(votes, n_experts) if isinstance(votes, int) else None,
        minimum_judges=min(judges, n_experts) if isinstance(judges, int) else 2,
    )


def values_of_labels(labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Cells (n,) that were judged, and (n, n_frames): 1 active, 0 quiet, NaN not judged or doubtful."""
    cells, rows = [], []
    for cell in range(labels.n_cells):
        judged = raster(labels.judged(cell), labels.n_frames)
        judged &= ~raster(labels.spans_of_cell(cell, "doubtful"), labels.n_frames)
        if judged.any():
            active = raster(labels.of_cell(cell), labels.n_frames).astype(np.float32)
            cells.append(cell)
            rows.append(np.where(judged, active, np.float32(np.nan)))
    values = np.array(rows, dtype=np.float32).reshape(len(rows), labels.n_frames)
    return np.array(cells, dtype=np.int64), values


def labels_of_truth(truth: Truth, name: str) -> Labels:
    """What a truth says, as labels: for the agreement of everybody with everybody."""
    n_cells, n_frames = truth.shape
    rows = [(cell, a, b) for cell, own in enumerate(truth.transients) for a, b in own.tolist()]
    judged = [
        (cell, a, b) for cell in range(n_cells) for a, b in runs(~truth.doubtful[cell]).tolist()
    ]
    return make_labels(n_cells, n_frames, rows, {"labelled": judged}, name=name)


def labels_of_values(claim: Claim, threshold: float) -> Labels:
    """What a claim says at a threshold, as labels; frames without a value were not judged."""
    n_cells, n_frames = claim.truth.shape
    found, judged = [], []
    for cell, row in zip(claim.cells.tolist(), claim.values, strict=True):
        known = np.isfinite(row)
        active = np.where(known, row, 0) >= threshold
        found += [(cell, a, b) for a, b in runs(active).tolist()]
        judged += [(cell, a, b) for a, b in runs(known).tolist()]
    return make_labels(n_cells, n_frames, found, {"labelled": judged}, name=claim.name)


def _listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))
