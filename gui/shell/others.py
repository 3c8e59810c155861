"""The other users of the session's file: they see that it is held, and are seen."""

from __future__ import annotations

from deepcinac.gui.session.workspace import Workspace


class OtherUsers:
    """Says that the session is in use, and looks for what another writer has done."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._data_version = 0

    def heartbeat(self) -> str:
        """Say that we still write; a message when somebody else does now, otherwise ""."""
        session = self._work.session
        if session is None or session.read_only or session.heartbeat():
            return ""
        return f"This session is read only now: {session.read_only_reason}."

    def look(self) -> None:
        """A window that only reads shows what the writer has done."""
        session = self._work.session
        if session is None or not session.read_only:
            return
        version = session.data_version()
        if version != self._data_version:
            self._data_version = version
            self._work.edited()
