"""What can be learnt, one folder per task with the same modules: model, targets, task, score."""
