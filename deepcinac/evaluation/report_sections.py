"""The parts of the report: each has a figure, the rows it draws, and a caption that can be read alone."""

from __future__ import annotations

from deepcinac.evaluation import report_figures as figures
from deepcinac.evaluation import report_figures_pairs as pairs
from deepcinac.evaluation import report_tables as tables
from deepcinac.evaluation.html_page import Section
from deepcinac.evaluation.study import Study


def sections(study: Study) -> list[Section]:
    """All parts that the study has something to show for, in the order of the report."""
    is_paper = study.main_rule == "paper"
    several = len(study.recordings) > 1
    dots = "Each dot is a cell" + (", each colour a recording" if several else "")
    found = [
        Section(
            "cells", "Recall, precision and F1 of each cell",
            f"{dots}; the line is the median, the box the quartiles. Cells without a real transient have "
            "no recall and no F1, cells without a prediction no precision."
            + (" Strict: activity predicted outside any rise is false, too." if is_paper else ""),
            tables.cell_rows(study), figures.cells_figure,
        ),
        Section(
            "totals", "All transients together",
            "Bars are 95 % intervals from 2000 bootstrap samples: thick, cells drawn again within these "
            "recordings" + (", thin, recordings and the cells in them drawn again" if several else "") + ".",
            tables.total_rows(study), figures.totals_figure,
        ),
        Section(
            "precision_recall", "Precision and recall at every threshold",
            "Transients as in the paper: recall of the real ones, precision over the rises of the trace. The "
            "mark is the threshold that was used; a method that says yes or no is a mark without a line. "
            "Grey lines join points of equal F1.",
            tables.curve_rows(study), figures.curve_figure,
        ),
        Section(
            "share_of_frames", "How much of each transient is predicted",
            "Each dot is a real transient; 0 % is one that was missed. Above each column the median and the "
            "quartiles.",
            tables.share_rows(study), figures.share_figure,
        ),
        Section(
            "onset_error", "How well onsets are placed",
            "Predicted minus real onset of transients matched one to one: positive is late. Above each "
            "column the median and the quartiles. The one percent that is farthest off lies outside the "
            "axis and is in the table.",
            tables.onset_rows(study), figures.onset_figure,
        ),
        Section(
            "visibility", "Recall by how well a transient can be seen",
            "Height of the real transients in units of the standard deviation of the noise, and how many "
            "there are.",
            tables.visibility_rows(study), figures.visibility_figure,
        ),
        Section(
            "outcomes", "Values of right and wrong decisions",
            "The highest value in each transient. TP: real and predicted; FP: a rise of the trace that was "
            "predicted and is not real; FN: real and missed; TN: a rise that was rightly passed over. The "
            "dotted line is the threshold; under each name the number of transients.",
            tables.outcome_rows(study), figures.outcome_figure,
        ),
        Section(
            "reliability", "Do the probabilities mean what they say?",
            "Frames in ten bins of the probability given: how many of them are active. On the dotted line "
            "the probability is right. Below, the number of frames in each bin.",
            tables.reliability_rows(study), pairs.reliability_figure,
        ),
        Section(
            "crosstalk", "Is the light of neighbours rejected?",
            "The paper's rule: two cells share at least 15 % of the larger one, and a rise of the one "
            "correlates above 0.7 with the source profile of the other and below 0.2 with its own. Rejected: "
            "no frame of it was predicted. In judged frames, rises that touch a real transient of the cell "
            "or doubtful frames are left out; in all frames, only those that touch a known one. Known: "
            "events that a simulation made.",
            tables.crosstalk_rows(study), pairs.crosstalk_figure,
        ),
        Section(
            "agreement", "Everybody against everybody",
            "F1 of transients matched one to one, which is the same whichever of the two is believed, and "
            "Cohen's kappa of frames, over the frames that both have judged. This F1 counts a transient "
            "that the other one splits in two as an error; the scores above do not. A star marks two that "
            "share labels, such as an expert and a consensus made with those labels: that is no evidence.",
            tables.agreement_rows(study), pairs.agreement_figure,
        ),
        Section(
            "differences", "Method against method",
            f"Difference of F1 in each cell{' and in each recording' if several else ''} in which both are "
            "defined; the line is the median, the box the quartiles.",
            tables.pair_rows(study), pairs.differences_figure,
        ),
    ]  # fmt: skip
    optional = {
        "outcomes",
        "visibility",
        "reliability",
        "crosstalk",
        "differences",
        "precision_recall",
    }
    return [one for one in found if one.rows or one.name not in optional]
