"""From files and sessions to a study: read each truth, find who says something of it, and score them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.claims import (
    Claim,
    claim_of_file,
    claims_of_session,
    labels_of_truth,
    labels_of_values,
)
from deepcinac.evaluation.crosstalk import MINIMUM_OVERLAP
from deepcinac.evaluation.curves import ANY_SPIKE, best_threshold
from deepcinac.evaluation.predictions import Predictions
from deepcinac.evaluation.profile_events import find_profile_events
from deepcinac.evaluation.score import score
from deepcinac.evaluation.session_truth import read_truth_session
from deepcinac.evaluation.study import CURVE, TRANSIENTS, Entry, RecordingFacts, Study
from deepcinac.evaluation.truth import Truth, load_truth
from deepcinac.files import SESSION_ENDING, is_results
from deepcinac.labelling.agreement import compare_layers
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent
from deepcinac.results.kinds import DEFAULT_THRESHOLD

ANYTHING, BEST = "anything above 0", "best threshold"
BEST_NOTE = (
    "its threshold is the one with the best F1 on this very truth, which nobody knows beforehand: its "
    "score is the most it can reach"
)
CurveCheck = Callable[[Predictions, str], None]


@dataclass(frozen=True)
class StudyRequest:
    """What is to be compared.

    ``truths``: sessions, or files of ``load_truth``. ``layer``: the layer of the sessions to believe.
    ``names``: layers and files; None for every layer of the sessions. ``find_crosstalk``: look for
    cross-talk by the paper's rule, which reads the movie. ``check`` is called with what a file says and
    its name, before it is scored. ``complete`` may add what a truth lacks.
    """

    truths: Sequence[Path]
    names: Sequence[str] | None = None
    layer: str | None = None
    threshold: float | None = None
    frame_rate_hz: float | None = None
    find_crosstalk: bool = False
    seed: int = 0
    check: CurveCheck | None = None
    complete: Callable[[Truth], Truth] | None = None


def read_study(request: StudyRequest, progress: Progress = silent) -> Study:
    """Read and score everything; the truths are read one after the other."""
    if not request.truths:
        raise InputError("a truth to score against", "none")
    recordings: list[RecordingFacts] = []
    entries: list[Entry] = []
    missing: dict[str, InputError] = {}
    for path, name in zip(request.truths, recording_names(request.truths), strict=True):
        facts, own = _read_recording(request, path, name, missing, progress)
        recordings.append(facts)
        entries += own
    held = {entry.method.split(" (")[0] for entry in entries} | {e.method for e in entries}
    for name, error in missing.items():
        if name not in held:
            raise error
    if not entries:
        raise InputError(
            "something to score", f"no other layer than the truth in {request.truths[0]}",
            hint="name what to score with --predictions",
        )  # fmt: skip
    return Study(tuple(recordings), tuple(entries), request.seed)


def recording_names(paths: Sequence[Path]) -> list[str]:
    """A short name for each truth: its stem, or its folder's, with as many folders as tell them apart."""
    plain = [path.parent if path.name == "truth.npz" else path.with_suffix("") for path in paths]
    for n_parts in (1, 2, 3, 4):
        names = ["/".join(path.absolute().parts[-n_parts:]) for path in plain]
        if len(set(names)) == len(names):
            return names
    raise InputError("different recordings", "the same one twice", str(paths[0]))


def method_names(places: Sequence[str]) -> list[str]:
    """A short name for each file or layer: its stem, with as many folders as tell them apart."""
    for n_parts in (1, 2, 3):
        names = ["/".join(_plain(place).absolute().parts[-n_parts:]) for place in places]
        if len(set(names)) == len(names):
            return names
    twice = sorted({str(place) for place in places if list(places).count(place) > 1})
    if twice:
        raise InputError("different files", "the same one twice", twice[0])
    return [str(place) for place in places]


def _plain(place: str | Path) -> Path:
    """Without the ending of a file; of ``a/s.deepcinac#general``, ``a/s#general``."""
    if f"{SESSION_ENDING}#" in str(place):
        return Path(str(place).replace(f"{SESSION_ENDING}#", "#"))
    return Path(place).with_suffix("")


def _read_recording(
    request: StudyRequest, path: Path, name: str, missing: dict[str, InputError], progress: Progress
) -> tuple[RecordingFacts, list[Entry]]:
    is_session = path.suffix == SESSION_ENDING
    truth = read_truth_session(path, request.layer, progress) if is_session else load_truth(path)
    if request.complete is not None:
        truth = request.complete(truth)
    notes: list[str] = []
    if request.find_crosstalk and truth.profile_events is None and is_session:
        truth, why = _with_profile_events(truth, path, progress)
        notes += why
    claims, said = _claims(request, path, truth, missing)
    notes += said
    rate = request.frame_rate_hz or truth.frame_rate_hz or _stated_rate(claims)
    entries, pairs_of = [], []
    for claim in claims:
        if not len(claim.cells):
            notes.append(f"{claim.name} has judged no frame and is left out.")
            continue
        known = dataclasses.replace(claim.truth, frame_rate_hz=rate)
        made = _entries(request, dataclasses.replace(claim, truth=known), name)
        entries += made
        pairs_of += [(claim, entry) for entry in made]
        notes += [note for note in claim.notes if note not in notes]
    truth_name = _truth_name(path, request.layer, claims)
    facts = RecordingFacts(
        name=name,
        truth=str(path),
        n_cells=truth.shape[0],
        n_frames=truth.shape[1],
        frame_rate_hz=rate,
        masks=_masks(truth),
        pairs=_agreement(truth, truth_name, pairs_of),
        related=_related(truth_name, pairs_of),
        notes=tuple(notes),
    )
    return facts, entries


def _claims(
    request: StudyRequest, path: Path, truth: Truth, missing: dict[str, InputError]
) -> tuple[list[Claim], list[str]]:
    """What is said of one recording; with several, a name may be missing in some of them."""
    alone = len(request.truths) == 1
    is_session = path.suffix == SESSION_ENDING
    if request.names is None:
        if not is_session:
            raise InputError("what to score, with --predictions", "nothing", path)
        return claims_of_session(path, truth, request.layer, None)
    shown = dict(zip(request.names, method_names(request.names), strict=True))
    claims: list[Claim] = []
    notes: list[str] = []
    for name, short in shown.items():
        place = name if alone else _beside(path, name)
        try:
            if is_session:
                found, said = claims_of_session(path, truth, request.layer, [place])
                notes += [note for note in said if note not in notes]
            else:
                found = [claim_of_file(place, short, truth, "the truth")]
        except InputError as error:
            if alone or _is_there(path, place):
                raise
            missing.setdefault(short, error)
            notes.append(f"{short} says nothing of this recording.")
            continue
        claims += [dataclasses.replace(claim, name=short) for claim in found]
    if request.check is not None:
        for claim in claims:
            if claim.predictions is not None:
                request.check(claim.predictions, claim.name)
    return claims, notes


def _beside(truth: Path, name: str) -> str:
    """The file of this name beside a truth; the name itself where there is none (a layer)."""
    folder = truth if truth.is_dir() else truth.parent
    return str(folder / name) if is_results(folder / name) else name


def _is_there(truth: Path, place: str) -> bool:
    """Whether a name means something in a recording, so that what is wrong with it must be told."""
    if Path(place).exists() or SESSION_ENDING in place:
        return True
    if truth.suffix != SESSION_ENDING:
        return False
    from deepcinac.labelling.session import Session

    with Session.open(truth, read_only=True) as session:
        names = {x.name for x in session.layers()}
        names |= {x.maker.name for x in session.layers() if x.maker is not None}
    return place in names


def _stated_rate(claims: Sequence[Claim]) -> float | None:
    rates = [c.predictions.meta.get("frame_rate_hz") for c in claims if c.predictions is not None]
    return next((float(rate) for rate in rates if rate), None)


def _entries(request: StudyRequest, claim: Claim, recording: str) -> list[Entry]:
    """The scores of one claim; those of a curve at two thresholds, unless one is given."""
    note = " ".join(claim.notes)
    variants: list[tuple[str, float, str]]
    if claim.says == CURVE and request.threshold is None:
        best = best_threshold(claim.truth, claim.values, claim.cells)
        variants = [
            (f"{claim.name} ({ANYTHING})", ANY_SPIKE, note),
            (f"{claim.name} ({BEST})", best, f"{claim.name} ({BEST}): {BEST_NOTE}."),
        ]
    else:
        own = DEFAULT_THRESHOLD if claim.threshold is None else claim.threshold
        given = request.threshold if claim.says != TRANSIENTS else None
        variants = [(claim.name, own if given is None else given, note)]
    entries = []
    for method, threshold, said in variants:
        scores = score(
            claim.truth, claim.values, claim.cells, threshold,
            np.random.default_rng(request.seed), method,
        )  # fmt: skip
        entries.append(Entry(method, recording, scores, claim.says, claim.against, said))
    return entries


def _truth_name(path: Path, layer: str | None, claims: Sequence[Claim]) -> str:
    """What to call the truth beside the others."""
    whole = [claim.against for claim in claims if not claim.related]
    if whole:
        return whole[0]
    return layer or "truth" if path.suffix == SESSION_ENDING else "the truth"


def _agreement(truth: Truth, name: str, claims: Sequence[tuple[Claim, Entry]]) -> tuple:
    layers = [labels_of_truth(truth, name)]
    for claim, entry in claims:
        labels = claim.labels or labels_of_values(claim, entry.scores.threshold)
        layers.append(dataclasses.replace(labels, name=entry.method))
    return tuple(compare_layers(layers))


def _related(name: str, claims: Sequence[tuple[Claim, Entry]]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset((name, entry.method)) for claim, entry in claims if claim.related)


def _masks(truth: Truth) -> str:
    """Where the footprints come from, as the cells say it."""
    return truth.cells.source.strip() if truth.cells is not None else ""


def _with_profile_events(
    truth: Truth, path: Path, progress: Progress
) -> tuple[Truth, tuple[str, ...]]:
    """The truth with cross-talk by the paper's rule; without it, and why, where the movie is missing."""
    if truth.cells is None or truth.trace is None or truth.frame_rate_hz is None:
        return truth, ()
    if not len(truth.cells.overlaps.pairs(MINIMUM_OVERLAP)):
        return truth, (
            "No two cells share 15 % of the larger one: the paper's test needs such pairs.",
        )
    try:
        with open_recording(path, progress=progress) as recording:
            events = find_profile_events(
                recording.movie, truth.cells, truth.trace, truth.frame_rate_hz, progress
            )
    except InputError as error:
        return truth, (f"Cross-talk by the paper's rule needs the movie: {error}",)
    return dataclasses.replace(truth, profile_events=events), ()
