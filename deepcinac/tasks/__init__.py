"""What can be learnt, one folder per task with the same modules: model, targets, task, score."""

from __future__ import annotations

from collections.abc import Callable

from deepcinac.errors import InputError
from deepcinac.learning.card import Card


def check_card(card: Card) -> None:
    """Let the task of a card check the parts that belong to it; an InputError where they do not fit."""
    from deepcinac.tasks.activity.model import parts_of
    from deepcinac.tasks.behaviour.model import parts_of as decoder_parts_of
    from deepcinac.tasks.cell_types.model import classifier_of
    from deepcinac.tasks.demixing.model import parts_of as demixing_parts_of
    from deepcinac.tasks.latents.model import parts_of as latents_parts_of

    checks: dict[str, Callable[[Card], object]] = {
        "activity": parts_of,
        "behaviour": decoder_parts_of,
        "cell_types": classifier_of,
        "demixing": demixing_parts_of,
        "latents": latents_parts_of,
    }
    if card.task not in checks:
        known = ", ".join(checks)
        raise InputError(f"a task among {known}", repr(card.task), f"card of {card.name}")
    checks[card.task](card)
