"""What people say of a recording: labels, the session file, undo, agreement and consensus."""
