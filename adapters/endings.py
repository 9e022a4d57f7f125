"""An ending that is nobody's bug: what a verb says last, and the exit code scripts rely on."""

from strategy.exit_codes import ExitCode


class Ended(Exception):
    """A verb ends here. ``code`` is a registered error code, ``exit_code`` the process's own."""

    def __init__(self, code: str, words: str, exit_code: ExitCode) -> None:
        """``words`` say what happened and what to do next, in one line."""
        super().__init__(words)
        self.code = code
        self.exit_code = exit_code
