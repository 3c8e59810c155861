"""What can be done: the table of commands, their keys, and when they are offered."""
