"""S9, S11, L2: words that are not obeyed, questions that are not asked."""

from strategy import commands, events

from .wrapped import Commands, Wrapped


class DeafToHalt(Wrapped):
    """Goes on quoting whatever the operator says."""

    def hear(self, now_ns, event):
        return None if isinstance(event, events.OperatorSaid | events.Stopping) else event


class DeafToRegime(Wrapped):
    """Takes every regime for an open market."""

    def hear(self, now_ns, event):
        return None if isinstance(event, events.RegimeChanged) else event


class NeverAsks(Wrapped):
    """Waits for an answer for as long as it takes."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        return tuple(command for command in leaving if not isinstance(command, commands.QueryOrder))


deaf_to_halt = DeafToHalt
deaf_to_regime = DeafToRegime
never_asks = NeverAsks
