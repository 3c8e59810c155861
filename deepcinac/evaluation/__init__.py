"""How good predictions are: against the truth of a recording, and against one another.

``load_truth`` and ``load_predictions`` read, ``score.score`` (or ``score_recording``, of arrays)
computes everything, ``text_report`` and ``recording_figure`` show it. ``read_study`` does so for several
methods on several recordings, and ``write_report`` makes a page with figures of it.
"""

from deepcinac.evaluation.comparison import compare
from deepcinac.evaluation.crosstalk import CrosstalkEvents
from deepcinac.evaluation.figures import recording_figure, save_figure
from deepcinac.evaluation.html_report import write_report
from deepcinac.evaluation.predictions import Predictions, load_predictions
from deepcinac.evaluation.report import Method, text_report
from deepcinac.evaluation.score import Scores, score_recording
from deepcinac.evaluation.study import Study
from deepcinac.evaluation.study_reading import StudyRequest, read_study
from deepcinac.evaluation.tables import as_dict
from deepcinac.evaluation.truth import Truth, load_truth, register_truth_reader

__all__ = [
    "CrosstalkEvents",
    "Method",
    "Predictions",
    "Scores",
    "Study",
    "StudyRequest",
    "Truth",
    "as_dict",
    "compare",
    "load_predictions",
    "load_truth",
    "read_study",
    "recording_figure",
    "register_truth_reader",
    "save_figure",
    "score_recording",
    "text_report",
    "write_report",
]
