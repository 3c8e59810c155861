"""How anything learns: the task, the trainer, the splits, the card. No task is named here."""
