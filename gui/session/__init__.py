"""The open session and what is looked at; nothing in here knows Tk."""
