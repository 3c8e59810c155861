"""The window around everything: root, menus, status bar, start screen, and the sessions it opens."""
