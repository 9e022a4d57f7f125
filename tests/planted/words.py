"""S9, S11, L2, L4, L8: words that are not obeyed, questions that are not asked."""

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


class DeafToStreams(Wrapped):
    """Does not notice that the private stream is gone: quotes on, and tells nobody."""

    def hear(self, now_ns, event):
        return None if isinstance(event, events.StreamDown) else event


class DeafToStop(Wrapped):
    """Goes on when it is told to stop, until somebody ends it."""

    is_done = False

    def hear(self, now_ns, event):
        return events.Woke() if isinstance(event, events.Stopping) else event


class NeverAsks(Wrapped):
    """Waits for an answer for as long as it takes."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        return tuple(command for command in leaving if not isinstance(command, commands.QueryOrder))


deaf_to_halt = DeafToHalt
deaf_to_regime = DeafToRegime
deaf_to_streams = DeafToStreams
deaf_to_stop = DeafToStop
never_asks = NeverAsks
