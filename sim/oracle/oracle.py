"""The oracle's front: who calls it, and in which order its parts look.

The bot's processes may come and go; there is one evidence for all of them. ``process_died`` and
``process_started`` say when; ``leaving`` is called as a command really goes out.

For one event the driver calls ``delivered`` before the core's step, ``sent`` for every command
that leaves, and ``stepped`` after. So a command is judged by evidence that includes the event it
answers, and belief is compared once all of it is in. The world calls ``truth_changed`` whenever
the venue did something with an order of ours, whether or not anybody will ever be told.

Belief is read only where it can have changed in what matters here: after events about orders,
after steps that sent something, and now and then in the calm.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sim.oracle.answers import ABOUT_ORDERS
from sim.oracle.bans import Bans
from sim.oracle.believing import Believing
from sim.oracle.clearing import Clearing
from sim.oracle.evidence import Evidence
from sim.oracle.excuses import Excuses
from sim.oracle.feed import Feed
from sim.oracle.findings import Breach, Cost, Findings
from sim.oracle.forward import Forward
from sim.oracle.grounds import Grounds
from sim.oracle.hindrance import Hindrance
from sim.oracle.identity import states_of
from sim.oracle.leaving import Leaving
from sim.oracle.liveness import Liveness
from sim.oracle.lives import Lives
from sim.oracle.memory import Memory
from sim.oracle.outside import Outside
from sim.oracle.pace import Pace
from sim.oracle.purity import Purity
from sim.oracle.quiet import Quiet
from sim.oracle.recoverable import REST
from sim.oracle.risen import Risen
from sim.oracle.sending import Sending
from sim.oracle.sightings import Sightings
from sim.oracle.sniped import Sniped
from sim.oracle.sometimes import Sometimes
from sim.oracle.states import StateWatch
from sim.oracle.tolerance import tolerance_of
from sim.oracle.touches import Touches
from sim.oracle.truth import Truth, TruthWatch
from sim.oracle.withheld import Withheld
from sim.scenario.bounds import Bounds
from strategy import commands, events
from strategy.batching import SINGLE, Capability
from strategy.belief import Belief
from strategy.knobs import AccountKnobs, FeedKnobs, GuardKnobs, OrderKnobs, PacingKnobs, SignalKnobs, SymbolKnobs
from strategy.units import NS_PER_MS

# How often liveness is looked at: its bounds are seconds, and words are under way for milliseconds.
_LOOK_NS: Final = 100 * NS_PER_MS


class Oracle:
    """Compares truth, belief and evidence. It touches nothing of what it looks at."""

    def __init__(
        self,
        truth: Truth,
        belief: Callable[[], Belief | None],
        symbols: tuple[SymbolKnobs, ...],
        account: AccountKnobs,
        orders: OrderKnobs,
        feed: FeedKnobs,
        pacing: PacingKnobs,
        guard: GuardKnobs,
        signals: SignalKnobs,
        bounds: Bounds,
        off: tuple[str, ...],
        calm_ns: int | None,
        outside: Outside,
        capability: Capability = SINGLE,
    ) -> None:
        """Limits and deadlines are the bot's own; instants are the bot's clock.

        ``calm_ns`` None: no storm was declared, so liveness is asked for from the first event on.
        A core without a belief (it gives None) is judged by truth and evidence alone.
        """
        tolerance = tolerance_of(bounds, orders, feed)
        self._findings = Findings(off, lambda client_id: states_of(client_id, self._read_belief(), self._truth))
        self._tolerance = tolerance
        self._read_belief = belief
        self._truth = truth
        self._calm_ns = calm_ns
        self._look_from_ns = 0 if calm_ns is None else calm_ns
        age_ns = tolerance.quote_age_ns
        self._feeds = {one.instrument.symbol: Feed(feed.age_ns_max, touches=Touches(age_ns)) for one in symbols}
        self._evidence = Evidence(tuple(one.instrument for one in symbols), tolerance.proof_ns, tolerance.lag_ns)
        self._sending = Sending(self._evidence, self._feeds, symbols, account, tolerance, self._findings)
        self._hindrance = hindrance = Hindrance(self._feeds, tolerance, self._evidence.orders)
        self._believing = Believing(self._evidence, self._feeds, symbols, tolerance, self._findings, hindrance)
        self.sometimes = Sometimes()
        """Which rare states the run has reached, and how often."""
        self._sightings = Sightings(self.sometimes, self._evidence, self._feeds, outside.regime_of, age_ns)
        self._states = StateWatch(self._evidence, self._findings, self._sightings.moved)
        self._shot_ticks = outside.shot_ticks
        self._sniped = Sniped(self._evidence, self._feeds, hindrance, tolerance, self._findings)
        self._truth_watch = TruthWatch(truth, self._evidence, symbols, self._findings, self._traded)
        self._pace = Pace(pacing, capability, self._findings)
        self._bans = Bans(self._evidence, tolerance, pacing.ban_wait_ns, self._findings)
        self._leaving = Leaving(outside.is_safe, self._findings)
        true_ns, send_ns = outside.true_ns, orders.send_within_ns
        self._forward = None if true_ns is None else Forward(true_ns, send_ns, self._findings)
        self._memory = Memory(outside.sizes, self._findings)
        self.purity = Purity(outside.twin, self._findings)
        """Takes the core's steps, some of them twice."""
        self._quiet = Quiet(self._evidence, orders, feed, tolerance, self._findings, self._look_from_ns, hindrance)
        cut, known = lambda: outside.why_cut(REST), self._evidence.orders.__contains__
        banned = hindrance.why_banned
        self._lives = Lives(truth, tolerance, self._findings, outside.why_stormy, cut, banned, known)
        self._clearing = Clearing(
            truth,
            self._feeds,
            tolerance,
            self._findings,
            outside.why_cut,
            outside.is_dead_man_armed,
            self._look_from_ns,
        )
        self._grounds = Grounds(self._evidence, self._feeds, symbols, account, guard, signals, orders)
        may_quote, out = self._sending.may_quote, self._clearing.why_out
        empty = hindrance.why_empty
        excuses = Excuses(
            self._feeds, tolerance, self._grounds, may_quote, banned, empty, out, self._clearing.why_brief
        )
        soft_pct = guard.inventory.soft_enter
        filled_ns = self._truth_watch.filled_ns
        # A venue that is away in the calm, where that is not for all to heal, is as lost for as long.
        why_lost, mute, withheld = outside.why_lost, outside.why_mute, Withheld(truth, self._evidence, filled_ns)

        def lost() -> str:
            return why_lost() or outside.why_cut(REST)

        risen = Risen(truth, self._evidence, [one.instrument.symbol for one in symbols])
        self._live = Liveness(truth, symbols, tolerance, self._findings, excuses, withheld, risen, lost, mute, soft_pct)
        self._proved = False
        # Nobody is at fault for what a dead process did not do.
        self._is_alive = True
        self._looked_ns = 0

    # What was found

    @property
    def breaches(self) -> list[Breach]:
        """Broken promises, in the order they were found."""
        return self._findings.breaches

    @property
    def costs(self) -> list[Cost]:
        """What was wrong in truth alone, with how much and for how long."""
        return self._findings.costs

    @property
    def checks(self) -> dict[str, int]:
        """How often each promise was looked at; those switched off are not here."""
        return dict(self._findings.checks)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Promises that were never looked at: nothing is known of them."""
        return self._findings.unchecked

    @property
    def excused_ns(self) -> dict[str, int]:
        """For how long a promise of liveness could not be asked for, summed over symbols."""
        return dict(self._findings.excused_ns)

    @property
    def findings(self) -> Findings:
        """All that was found, with what each promise was looked at for."""
        return self._findings

    @property
    def excused_why_ns(self) -> dict[str, dict[str, int]]:
        """Why promises could not be asked for, and each reason for how long."""
        return {code: dict(reasons) for code, reasons in self._findings.excused_why_ns.items()}

    @property
    def recoveries_ns(self) -> dict[str, int | None]:
        """How long after the calm each promise of liveness first held; None where it never did."""
        return self._live.recoveries_ns()

    # Hooks

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""
        self._believing.late_cancels(now_ns)
        self._hindrance.heard(now_ns, event)
        if self._forward is not None:
            self._forward.stepping(now_ns)
        match event:
            case events.BookDelta() | events.BookHeartbeat() | events.BookSnapshot():
                self._sightings.taking(now_ns, event, self._grounds.late_ns(now_ns, event.venue_ns))
            case events.PublicTrade():
                self._feeds[event.symbol].mark_ticks = event.price_ticks
            case _ if type(event) in ABOUT_ORDERS:
                self._sightings.hearing(now_ns, event)
                self._proved = self._proves_absence(event)
                self._grounds.answered(now_ns, event)
                self._evidence.order_word(now_ns, event)
                self._believing.heard(event)
                if isinstance(event, events.Unanswered):
                    self._bans.unanswered(now_ns, event)
                self._quiet.heard(now_ns, event)
            case _:
                self._fact(now_ns, event)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gives, and that leaves unless something keeps it."""
        if self._forward is not None:
            self._forward.sent(now_ns, command)
        self._quiet.sent(now_ns, command)
        self._sightings.sent(now_ns, command)
        match command:
            case commands.CreateOrder():
                self._sending.create(now_ns, command)
            case commands.AmendOrder():
                self._sending.amend(now_ns, command)
            case commands.CancelOrder():
                self._evidence.cancelled(now_ns, command.client_id)
            case commands.CancelAll():
                self._evidence.all_cancelled(now_ns, command.symbol)
            case commands.QueryFills():
                self._believing.asked(command)
            case commands.RequestBook():
                self._feeds[command.symbol].asked_ns = now_ns
            case _:
                pass

    def leaving(self, now_ns: int, command: commands.Command) -> None:
        """See a command that goes out."""
        self._leaving.left(now_ns, command)

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """See that the step is over: compare what is believed now."""
        self._pace.stepped(now_ns, leaving)
        self._bans.stepped(now_ns, leaving)
        for command in leaving:
            if isinstance(command, commands.Alert):
                self._clearing.sent(now_ns, command)
                self._lives.sent(command)
        is_about_orders = bool(leaving) or type(event) in ABOUT_ORDERS
        is_look_due = now_ns - self._looked_ns >= _LOOK_NS
        if is_look_due:
            self._look_around(now_ns)
        is_look_due = is_look_due and (now_ns >= self._look_from_ns or self._lives.is_waiting)
        if not (is_about_orders or is_look_due):
            return
        belief = self._read_belief()
        if belief is None:
            return
        if is_about_orders:
            self._believing.stepped(now_ns, belief)
            self._sightings.stepped(belief)
            self._states.stepped(now_ns, belief, event, leaving, self._proved)
            self._proved = False
        if is_look_due:
            self._look(now_ns, belief)

    def truth_changed(self, now_ns: int) -> None:
        """See that the venue did something with an order of ours."""
        self._truth_watch.changed(now_ns)

    def slept(self, now_ns: int) -> None:
        """See that the bot's host stands still until then: a pause, a stolen processor. Told as it begins and ends."""
        self._hindrance.slept(now_ns)

    def step_raised(self, now_ns: int) -> None:
        """See that a step raised: nothing of it may leave."""
        self._leaving.step_raised(now_ns)

    def process_died(self, now_ns: int) -> None:
        """See that the process is over, however it ended."""
        self._is_alive = False
        self._sightings.died()
        self._leaving.process_died(now_ns)
        self._lives.process_died()
        self._lives.look(now_ns, lambda: "")

    def process_started(self, now_ns: int, known: Mapping[str, None]) -> None:
        """See that another process begins; ``known`` are the orders its journal can name.

        Of the first one nothing needs to be said.
        """
        self._is_alive = True
        self._evidence.restarted(now_ns, known)
        self._sightings.restarted(now_ns)
        self._believing.restarted()
        self._clearing.restarted(now_ns)
        self._leaving.process_started()
        self._lives.process_started(now_ns)
        self._bans.restarted()
        self._pace.restarted(now_ns)
        self._quiet.restarted(now_ns)
        self._live.resumed(now_ns)
        if self._forward is not None:
            self._forward.restarted()

    def finish(self, now_ns: int) -> None:
        """Judge what can only be judged at the end; a run that a breach cut short has none."""
        if not self._findings.breaches:
            self._judge_end(now_ns)
        self._findings.finish(now_ns)

    def _judge_end(self, now_ns: int) -> None:
        if self._is_alive:
            self._believing.late_cancels(now_ns)
        self._truth_watch.changed(now_ns)
        belief = self._read_belief()
        self._look_around(now_ns)
        self._memory.look(now_ns, is_last=True)
        if belief is None and self._lives.is_waiting:
            self._lives.look(now_ns, lambda: "")
        if belief is not None:
            self._believing.stepped(now_ns, belief)
            self._look(now_ns, belief)
        if self._is_alive:
            self._none_missing(now_ns)

    # Parts

    def _traded(self, now_ns: int, fill: Any) -> None:
        """See a new fill of ours, in truth; while nobody lives who could quote, nobody is to blame."""
        fair_ticks = self._shot_ticks(fill.event.symbol)
        if fair_ticks is not None and self._is_alive:
            self._sniped.taken(now_ns, fill.event, fair_ticks)

    def _fact(self, now_ns: int, event: events.Event) -> None:
        self._sightings.hearing(now_ns, event)
        self._sending.heard(event)
        self._grounds.heard(now_ns, event)
        self._quiet.heard(now_ns, event)
        self._clearing.heard(now_ns, event)
        self._lives.heard(now_ns, event)
        match event:
            case events.BudgetSeen():
                self._bans.heard(now_ns, event)
            case events.StreamDown(stream=events.PUBLIC):
                self._forget_books(now_ns)
            case events.Started():
                self._forget_books(now_ns)
                self._states.restarted()
            case _:
                pass

    def _forget_books(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            feed.forget(now_ns)

    def _proves_absence(self, event: events.Event) -> bool:
        """Say, before the evidence takes it in, whether a read that found nothing proves anything."""
        if not isinstance(event, events.OrderReport) or event.status != events.MISSING:
            return False
        order = self._evidence.orders.get(event.client_id)
        return order is None or self._evidence.proves_absence(order, event.asked_ns)

    def _look_around(self, now_ns: int) -> None:
        """Look at what needs no belief."""
        self._looked_ns = now_ns
        self._memory.look(now_ns)
        self._quiet.look(now_ns)
        self._grounds.look(now_ns)
        self._clearing.look(now_ns)

    def _look(self, now_ns: int, belief: Belief) -> None:
        """Judge restarts and shutdowns at any time, liveness from the calm on."""
        if self._lives.is_waiting:
            why = self._live.why_not_ready
            self._lives.look(now_ns, lambda: why(now_ns, belief))
        if now_ns >= self._look_from_ns:
            self._sightings.calm(belief, is_heavy=self._live.is_heavy())
            self._live.begin(now_ns if self._calm_ns is None else self._calm_ns)
            self._live.look(now_ns, belief)

    def _none_missing(self, now_ns: int) -> None:
        """S5 at rest: every fill that is old enough to be known was delivered and counted.

        A new process has time, and so has one that was banned and may ask again.
        """
        converge_ns = self._tolerance.converge_ns
        since_ns = max(self._calm_ns or 0, self._live.resumed_ns, self._hindrance.asked_again_ns)
        if since_ns and now_ns - since_ns <= converge_ns:
            return
        self._findings.checked("S5")
        if missing := self._truth_watch.missing_fills(now_ns, converge_ns):
            detail = f"{len(missing)} fills never reached the core, the first is {missing[0]}"
            ages = f"each is older than {converge_ns // 1_000_000_000} s, and calm and process have lasted as long"
            self._findings.breach("S5", now_ns, "missing", detail, ages)
