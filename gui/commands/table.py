"""Every action of the window, once: label, menu, keys, tooltip, what it does and when it is offered.

Menus, shortcuts, tooltips, the list of keys and the tests are made from :data:`COMMANDS`. Keys are
written as they are shown ("Ctrl+Z", "Shift+Right", "o"); :mod:`deepcinac.gui.commands.keymap` turns what is
pressed into a command.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One action.

    ``handler`` is "group.method" of the window's actions; ``enabled`` and ``checked`` name tests of
    :class:`deepcinac.gui.commands.conditions.Conditions` ("" : always, and no tick); ``text`` names one that
    gives the label at this moment. A menu shows commands in the order of the table, and a line
    before each with ``line``. ``while_typing``: its key works in a text field too.
    """

    id: str
    label: str
    menu: str
    keys: tuple[str, ...] = ()
    tooltip: str = ""
    handler: str = ""
    enabled: str = "is_open"
    checked: str = ""
    text: str = ""
    line: bool = False
    while_typing: bool = False


def _c(
    id: str, label: str, menu: str, keys: str, handler: str, tooltip: str = "", **more: str | bool
) -> Command:
    """A row of the table; keys are separated by blanks."""
    return Command(id, label, menu, tuple(keys.split()), tooltip, handler, **more)  # type: ignore[arg-type]


FILE, EDIT, LABEL, CELL, VIEW = "File", "Edit", "Label", "Cell", "View"
MOVIE, CLASSIFIER, REVIEW = "Movie", "Classifier", "Review"
EVALUATE, HELP = "Evaluate", "Help"
MENUS = (FILE, EDIT, LABEL, CELL, VIEW, MOVIE, CLASSIFIER, REVIEW, EVALUATE, HELP)

COMMANDS: tuple[Command, ...] = (
    _c("open", "Open session...", FILE, "Ctrl+O", "files.open", "Open a session file",
       enabled="", while_typing=True),
    _c("create", "New session...", FILE, "Ctrl+N", "files.create",
       "Make a session from a movie and its cells", enabled="", while_typing=True),
    _c("demo", "Open the demo recording", FILE, "", "files.demo",
       "A small simulated recording to try everything on", enabled=""),
    _c("take_over", "Take over for writing", FILE, "", "files.take_over",
       "This session is open elsewhere: write to it from here", enabled="is_held"),
    _c("relink", "Find the movie again...", FILE, "", "files.relink",
       "Say where the movie of this session is now", enabled="can_edit"),
    _c("import_labels", "Import labels...", FILE, "", "files.import_labels",
       "Labels from a .csv, .npz or .mat, each into a layer of its own", enabled="can_edit",
       line=True),
    _c("export_layer", "Export the layer...", FILE, "", "files.export_layer",
       "All labels of the current layer as .csv, .npz or .mat", enabled="has_any_layer"),
    _c("export_cell", "Export traces and labels of the cell...", FILE, "", "files.export_cell",
       "One row per frame, as CSV"),
    _c("export_view", "Export the view...", FILE, "Ctrl+E", "files.export_view",
       "The visible traces and labels as PNG or SVG"),
    _c("settings_keys", "Change keys...", FILE, "", "help.edit_keys",
       "Give commands other keys", enabled="", line=True),
    _c("close", "Close session", FILE, "Ctrl+W", "files.close",
       "Back to the start; everything is on disk already", while_typing=True),
    _c("quit", "Quit", FILE, "Ctrl+Q", "files.quit", enabled="", while_typing=True),

    _c("undo", "Undo", EDIT, "Ctrl+Z", "labels.undo", "Take the last edit back",
       enabled="can_undo", text="undo_text"),
    _c("redo", "Redo", EDIT, "Ctrl+Y Ctrl+Shift+Z", "labels.redo",
       "Bring back what was undone", enabled="can_redo", text="redo_text"),
    _c("delete", "Remove the selected transient", EDIT, "Delete Backspace", "labels.erase_selected",
       "The selected transient, or the one at the playhead", enabled="has_transient_here", line=True),
    _c("erase_span", "Remove the stretch at the playhead", EDIT, "Shift+D", "labels.erase_span",
       "The doubtful frames, the movement or the judged frames there", enabled="has_span_here",
       text="span_text"),

    _c("tool_select", "Tool: select", LABEL, "Esc", "labels.tool_select",
       "Click selects; dragging an onset or a peak moves it", checked="tool_is_select"),
    _c("tool_onset", "Tool: onset", LABEL, "o", "labels.tool_onset",
       "Click sets an onset, p then its peak; in a transient it begins a second one",
       enabled="can_edit", checked="tool_is_onset"),
    _c("tool_both", "Tool: onset and automatic peak", LABEL, "i", "labels.tool_both",
       "One click makes a transient; its peak is found in the trace",
       enabled="can_edit", checked="tool_is_both"),
    _c("tool_peak", "Tool: peak", LABEL, "p", "labels.tool_peak",
       "Click sets the peak of the onset before it", enabled="can_edit", checked="tool_is_peak"),
    _c("tool_erase", "Tool: remove", LABEL, "r", "labels.tool_erase",
       "Click or drag over what is to go", enabled="can_edit", checked="tool_is_erase"),
    _c("tool_doubtful", "Tool: doubtful", LABEL, "d", "labels.tool_doubtful",
       "Drag over frames that neither train nor score", enabled="can_edit",
       checked="tool_is_doubtful"),
    _c("tool_movement", "Tool: movement", LABEL, "v", "labels.tool_movement",
       "Drag over frames in which the field moved (all cells): a note, they still count",
       enabled="can_edit",
       checked="tool_is_movement"),
    _c("tool_labelled", "Tool: judged frames", LABEL, "l", "labels.tool_labelled",
       "Drag over frames in which every transient was marked", enabled="can_edit",
       checked="tool_is_labelled"),
    _c("apply", "Use the tool at the playhead", LABEL, "Enter", "labels.apply",
       "What a click at the playhead would do", enabled="can_edit", line=True),
    _c("doubt", "Doubtful: what is at the playhead", LABEL, "Shift+X", "labels.doubt",
       "The transient or rise there neither trains nor scores; asked by the queue: next",
       enabled="can_edit"),
    _c("label_view", "Mark the view as judged", LABEL, "g", "labels.label_view",
       "All transients in view are marked: these frames can train and score", enabled="can_edit"),
    _c("unlabel_view", "Take that mark off", LABEL, "Shift+G", "labels.unlabel_view",
       enabled="can_edit"),
    _c("add_candidates", "Add all rises in view", LABEL, "Shift+A", "labels.add_candidates",
       "Every clear rise of the smoothed trace that is no transient yet", enabled="can_edit",
       line=True),
    _c("add_predicted", "Take over the predictions in view", LABEL, "Shift+P",
       "labels.add_predicted", "Predicted transients become yours, for you to correct",
       enabled="can_edit_predicted"),
    _c("erase_view", "Remove all transients in view", LABEL, "Shift+R", "labels.erase_view",
       enabled="can_edit"),
    _c("erase_weak", "Remove weak transients in view...", LABEL, "", "labels.erase_weak",
       "Those whose rise stays under a number of noise SDs", enabled="can_edit"),
    _c("erase_foreign", "Remove a neighbour's transients in view", LABEL, "",
       "labels.erase_foreign", "Those whose light has the shape of an overlapping cell",
       enabled="can_judge"),
    _c("snap", "Clicks jump to the nearest rise", LABEL, "Shift+S", "labels.toggle_snap",
       "A click takes the candidate nearby; off: exactly the frame", checked="snaps", line=True),
    _c("new_layer", "New layer...", LABEL, "", "layers.new", "Labels of another expert",
       enabled="can_edit"),
    _c("next_layer", "Label into the next layer", LABEL, "Shift+L", "layers.next",
       "From one expert to the next", enabled="has_other_layer"),
    _c("layers", "Layers...", LABEL, "Ctrl+L", "layers.show",
       "Which is labelled, which is the prediction, what is seen, compared, renamed or removed"),
    _c("next_difference", "Next difference", LABEL, "Shift+N", "layers.next_difference",
       "The next place that only one of the prediction and the layer compared with has",
       enabled="has_comparison"),
    _c("rename_layer", "Rename layer...", LABEL, "", "layers.rename", enabled="has_layer"),

    _c("next_cell", "Next cell", CELL, "Ctrl+Right Down", "places.next_cell"),
    _c("previous_cell", "Previous cell", CELL, "Ctrl+Left Up", "places.previous_cell"),
    _c("next_unjudged", "Next cell not yet judged", CELL, "Ctrl+Down", "places.next_unjudged",
       "The next valid cell without a judged frame in this layer, in the order of the table"),
    _c("find_cell", "Go to cell...", CELL, "c", "places.find_cell", "Type the number of a cell"),
    _c("next_same_type", "Next cell of this type", CELL, "t", "places.next_same_type",
       "By the type that was given, or else the suggested one"),
    _c("valid", "Valid cell", CELL, "x", "cells.toggle_valid",
       "An invalid cell is left out of training",
       enabled="can_edit", checked="cell_is_valid", line=True),
    _c("reviewed", "Reviewed", CELL, "Shift+V", "cells.toggle_reviewed",
       "You have gone through this cell", enabled="can_edit", checked="cell_is_reviewed"),
    _c("merge_double", "Merge with its double...", CELL, "", "cells.merge_double",
       "One cell under two outlines: one stays, with the labels of both", enabled="has_double"),
    _c("missing", "Cells without a mask?", CELL, "", "missing.find",
       "Places in the movie that are lit like a cell and have no mask", enabled="can_edit"),
    _c("set_type", "Cell type...", CELL, "Shift+T", "cells.choose_type", enabled="can_edit"),
    _c("accept_type", "Accept the suggested type", CELL, "Shift+Y", "types.accept",
       "The suggestion becomes the type that you give", enabled="has_suggested_type"),

    _c("next_page", "Next stretch", VIEW, "Right a", "places.next_page",
       "A tenth of the view stays"),
    _c("previous_page", "Previous stretch", VIEW, "Left q", "places.previous_page"),
    _c("next_place", "Next transient or rise", VIEW, "n", "places.next_place",
       "The next transient, prediction or clear rise of this cell"),
    _c("previous_place", "Previous transient or rise", VIEW, "b", "places.previous_place"),
    _c("zoom_in", "Zoom in", VIEW, "+ =", "places.zoom_in", line=True),
    _c("zoom_out", "Zoom out", VIEW, "-", "places.zoom_out"),
    _c("whole", "Whole recording", VIEW, "w", "places.whole"),
    _c("back", "Back to the view before", VIEW, "Alt+Left", "places.back"),
    _c("centre", "Centre on the playhead", VIEW, "Shift+C", "places.centre"),
    _c("fit_height", "Fit the height to the view", VIEW, "8", "view.fit_height",
       "The traces in view fill the height; again: the height of the whole recording"),
    _c("always_fit_height", "Always fit the height", VIEW, "Shift+W", "view.toggle_fit_height",
       "The height follows what is seen, wherever you go", checked="fits_height"),
    _c("magnifier", "Magnifier", VIEW, "m", "view.toggle_magnifier",
       "A closer look around the mouse", checked="magnifies", line=True),
    _c("next_image", "Next image of the field", VIEW, "F5", "view.next_image",
       "Mean, maximum, correlation, live frame"),
    _c("auto_contrast", "Automatic contrast", VIEW, "Shift+K", "view.auto_contrast",
       "Choose the contrast of field and movie anew"),
    _c("trace_raw", "Raw trace", VIEW, "1", "view.toggle_raw", checked="shows_raw"),
    _c("trace_smoothed", "Smoothed trace", VIEW, "2", "view.toggle_smoothed",
       checked="shows_smoothed"),
    _c("trace_overlap", "Without overlap", VIEW, "3", "view.toggle_without_overlap",
       "Only pixels that no other cell has", checked="shows_without_overlap"),
    _c("trace_neuropil", "Neuropil", VIEW, "4", "view.toggle_neuropil",
       "A ring around the cell", checked="shows_neuropil"),
    _c("trace_dff", "dF/F", VIEW, "5", "view.toggle_dff", checked="shows_dff"),
    _c("trace_minus_neuropil", "Without overlap, minus neuropil", VIEW, "6",
       "view.toggle_minus_neuropil", "What is left when the changes of the ring are taken off",
       checked="shows_minus_neuropil"),
    _c("judge_peaks", "Whose light each peak is", VIEW, "7", "view.toggle_judged_peaks",
       "Each peak by its correlation with the source profile: the cell's own, a neighbour's, or not told",
       checked="judges_peaks"),
    _c("show_raster", "Raster of all cells", VIEW, "F6", "view.toggle_raster",
       checked="raster_is_shown", line=True),
    _c("show_review", "Review queue", VIEW, "F7", "review.toggle",
       checked="review_is_shown"),
    _c("dark", "Dark colours", VIEW, "F8", "view.toggle_dark", enabled="", checked="is_dark",
       while_typing=True),

    _c("play", "Play or pause", MOVIE, "Space", "movie.toggle"),
    _c("next_frame", "Next frame", MOVIE, ". Shift+Right", "movie.next_frame"),
    _c("previous_frame", "Previous frame", MOVIE, ", Shift+Left", "movie.previous_frame"),
    _c("faster", "Faster", MOVIE, "]", "movie.faster"),
    _c("slower", "Slower", MOVIE, "[", "movie.slower"),
    _c("loop", "Loop the view", MOVIE, "k", "movie.toggle_loop",
       "Play the visible stretch again and again", checked="loops"),
    _c("smooth_movie", "Smooth over time", MOVIE, "h", "movie.toggle_smoothing",
       "Each frame is the mean of five", checked="smooths_movie", line=True),
    _c("movie_contrast", "Contrast follows the cell", MOVIE, "Shift+H", "movie.toggle_contrast",
       "From the darkest and brightest pixels around each cell; off: as it is now, for all cells",
       checked="movie_contrast_follows"),
    _c("brighter", "Brighter movie", MOVIE, "Shift+Up", "movie.brighter",
       "The contrast of the movie alone; Shift+K chooses it anew"),
    _c("darker", "Darker movie", MOVIE, "Shift+Down", "movie.darker"),
    _c("inputs", "Show what the classifier sees", MOVIE, "j", "movie.toggle_inputs",
       "Three masked images: the cell, its neighbours, the rest", checked="shows_inputs"),
    _c("outlines", "Outlines", MOVIE, "u", "movie.toggle_outlines", checked="shows_outlines"),
    _c("field_zoom", "Show the field around the cell", MOVIE, "z", "movie.zoom_field",
       "Again: the whole field"),

    _c("predict_cell", "Predict this cell", CLASSIFIER, "Shift+E", "classifier.predict_cell",
       "Runs beside the window; the result is a layer of its own", enabled="can_predict"),
    _c("predict_all", "Predict cells...", CLASSIFIER, "", "classifier.predict_all",
       "All, valid or some cells, of this session and of others", enabled="can_predict"),
    _c("train", "Fine-tune on this session...", CLASSIFIER, "", "training.train",
       "A classifier learns from the judged frames of this session", enabled="can_train", line=True),
    _c("train_corrections", "Train on my corrections...", CLASSIFIER, "",
       "training.train_on_corrections",
       "The classifier that was corrected learns from the answers of the review",
       enabled="can_train"),
    _c("train_scratch", "Train from scratch...", CLASSIFIER, "", "training.train_from_scratch",
       "New weights: for hundreds of transients and hours", enabled="can_train"),
    _c("detect", "Detect cells with suite2p...", CLASSIFIER, "", "files.detect",
       "A new session of a movie, with the cells that suite2p finds", enabled=""),
    _c("classifiers", "Manage classifiers...", CLASSIFIER, "", "zoo.show",
       "Cards and scores, what suits this recording, import, export, remove", enabled="",
       line=True),
    _c("import_prediction", "Import a prediction...", CLASSIFIER, "", "classifier.import_file",
       "An .npz of 'deepcinac predict'", enabled="can_edit"),
    _c("suggest_types", "Suggest cell types", CLASSIFIER, "", "types.suggest",
       "Learned from the cells that were given a type, five of each at least", enabled="can_edit",
       line=True),
    _c("apply_types", "Suggest cell types with a file...", CLASSIFIER, "",
       "types.suggest_with_file", "A classifier that 'deepcinac types --learn' has written",
       enabled="can_edit"),
    _c("jobs", "Jobs...", CLASSIFIER, "Ctrl+J", "classifier.show_jobs",
       "What runs, what has run, what came of it, and the logs", enabled="", line=True),
    _c("cancel_jobs", "Cancel running jobs", CLASSIFIER, "", "classifier.cancel",
       enabled="has_jobs"),

    _c("make_queue", "Make the review queue", REVIEW, "Shift+Q", "review.make",
       "What experts and classifier see differently, the most urgent first",
       enabled="can_make_queue"),
    _c("queue_limits", "Review settings...", REVIEW, "", "review.choose_limits",
       "What the queue looks for, and from which probability on",
       enabled="can_make_queue"),
    _c("next_review", "Next in the queue", REVIEW, "f", "review.next", enabled="has_queue"),
    _c("previous_review", "Previous in the queue", REVIEW, "Shift+F", "review.previous",
       enabled="has_queue"),
    _c("accept", "It is one: accept, next", REVIEW, "y", "review.accept",
       "Keep or add the transient and go on", enabled="can_review"),
    _c("reject", "It is none: reject, next", REVIEW, "e", "review.reject",
       "Remove the transient if it is there and go on", enabled="can_review"),
    _c("skip", "As it is: done, next", REVIEW, "s", "review.skip",
       "Change nothing, note it as reviewed and go on", enabled="can_review"),
    _c("consensus", "Make a consensus layer", REVIEW, "", "review.consensus",
       "What the experts agree on, by vote; ties become doubtful frames", enabled="can_agree"),
    _c("blind", "Blind mode", REVIEW, "Shift+B", "layers.toggle_blind",
       "Hide other people's labels and all predictions", checked="is_blind", line=True),

    _c("evaluate", "Evaluate...", EVALUATE, "", "evaluation.evaluate",
       "Experts, classifiers and other methods against the truth: a report with figures and tables",
       enabled="can_evaluate"),
    _c("agreement", "Agreement of experts...", EVALUATE, "", "evaluation.agreement",
       "Every two layers of labels: F1 of transients and kappa of frames", enabled="can_compare"),
    _c("merge", "Merge with another session...", EVALUATE, "", "evaluation.merge",
       "A new session with the layers of two files of this recording", enabled="is_open", line=True),

    _c("guide", "Guide", HELP, "", "help.show_guide",
       "How to label, predict, train and review, from the beginning", enabled=""),
    _c("first_steps", "First steps", HELP, "", "help.toggle_first_steps",
       "A short list in the session that ticks itself off", enabled="is_open",
       checked="shows_first_steps"),
    _c("keys", "Keys", HELP, "? F1", "help.show_keys", "Every key at a glance", enabled=""),
    _c("log", "Show the log file", HELP, "", "help.show_log", enabled=""),
    _c("report", "Copy a report", HELP, "", "help.copy_report",
       "Versions and the last lines of the log, to paste into a message", enabled=""),
    _c("licences", "Licences", HELP, "", "help.show_licences",
       "Of this program and of what it stands on", enabled=""),
    _c("about", "About DeepCINAC", HELP, "", "help.about", enabled=""),
)  # fmt: skip

BY_ID = {command.id: command for command in COMMANDS}
