"""The views of the window: each shows arrays that it is given and reports what the mouse did.

A view knows no session, no file and no science. Part of the window sets arrays, and gets callbacks.
"""
