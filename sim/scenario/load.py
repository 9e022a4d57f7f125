"""Reading scenarios: every file is opened here, and every mistake in every file is told at once.

A scenario is ready when its config exists and is right, its overrides fit the config, its market
profile exists, and the config fits the instruments. Where a scenario is to blame for what another
file ends up saying, the caret stands in the scenario.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field

from sim.scenario.gates import Gate
from sim.scenario.models import Market, Scenario
from sim.scenario.profiles import Profile, profile_folder, why_no_profile
from sim.scenario.settings import Setting, read_settings
from sim.scenario.strategies import Control, Strategy
from strategy.complaints import check
from strategy.config import Config, with_overrides
from strategy.config_knobs import misfits
from strategy.documents import Reading, read
from strategy.errors import OperatorError, Problem
from strategy.file_model import Complaint, Document, Where
from strategy.hints import did_you_mean
from strategy.instrument import Instrument

UNREADABLE: Final = "SQ-C001"
NOWHERE: Final = "SQ-C022"
SAME_NAME: Final = "SQ-C023"
NO_SUCH_SYMBOL: Final = "SQ-S012"

M = TypeVar("M", bound=Document)


class Ready(Scenario):
    """A scenario with everything it names: what a worker needs, and no more files to read."""

    config: Config
    """The strategy config, overrides applied."""
    profile: Profile
    """The market profile, overrides applied."""
    control_configs: Annotated[dict[str, Config], Field(default_factory=dict)]
    """The config of every control by its name, overrides applied."""

    def of_control(self, name: str) -> "Ready":
        """Give the same worlds with a control for the strategy: a scenario of its own, without what is asked of it."""
        (control,) = (each for each in self.controls if each.name == name)
        told = Strategy(config=control.config, overrides=control.overrides)
        alone: dict[str, Any] = {
            "controls": (),
            "control_configs": {},
            "viability": None,
            "gates": (Gate(metric="fills", min=0),),
        }
        played = {"name": self.name_of_control(name), "strategy": told, "config": self.control_configs[name]}
        return self.model_copy(update={**alone, **played})

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Give the instruments of this scenario's market, in its order."""
        return self.profile.instruments(self.market.traded)


def load_scenarios(paths: Sequence[Path], *, settings: Sequence[str] = (), profiles: Any = None) -> tuple[Ready, ...]:
    """Read scenarios, in the order given; mistakes anywhere raise ``OperatorError`` with all of them.

    ``settings`` are ``KEY=VALUE`` overrides from the command line, of the strategy config or, as
    ``run.KEY``, of how long the scenario is; they come after the scenario's own. ``profiles`` is
    the folder of market profiles.
    """
    desk = Desk(profile_folder() if profiles is None else profiles)
    given = read_settings(settings, desk.problems)
    ready = [desk.scenario(path, given) for path in paths]
    if desk.problems:
        raise OperatorError(desk.sorted_problems())
    return tuple(one for one in ready if one is not None)


def read_text(path: Any, name: str, problems: list[Problem]) -> str | None:
    """Read a file as UTF-8 text; what stands in the way is a problem of the file as a whole."""
    try:
        text: str = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problems.append(Problem(UNREADABLE, name, 0, 0, "not UTF-8 text"))
    except FileNotFoundError:
        problems.append(Problem(UNREADABLE, name, 0, 0, "no such file"))
    except IsADirectoryError:
        problems.append(Problem(UNREADABLE, name, 0, 0, "a folder, not a file"))
    except OSError as error:
        problems.append(Problem(UNREADABLE, name, 0, 0, f"cannot be read: {error.strerror}"))
    else:
        return text
    return None


@dataclass
class Desk:
    """Where files are opened once each, and problems gathered until all have been looked at."""

    profiles: Any
    problems: list[Problem] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _configs: dict[str, Reading[Config] | None] = field(default_factory=dict)
    _profiles: dict[str, Reading[Profile] | None] = field(default_factory=dict)

    def sorted_problems(self) -> tuple[Problem, ...]:
        """Give every problem once: by file as files were opened, then by place."""
        order = {path: place for place, path in enumerate(dict.fromkeys(each.path_text for each in self.problems))}
        unique = dict.fromkeys(self.problems)
        return tuple(sorted(unique, key=lambda each: (order[each.path_text], each.line, each.col)))

    def document(
        self, path: Any, model: type[M], name: str, given: Mapping[Where, Any] | None = None
    ) -> Reading[M] | None:
        """Read one file on its own, ``given`` in the place of what it says; ``None`` when it could not be opened."""
        text = read_text(path, name, self.problems)
        if text is None:
            return None
        reading = read(text, model, name, given or {})
        self.problems += reading.problems
        return reading

    def scenario(self, path: Path, settings: Iterable[Setting] = ()) -> Ready | None:
        """Read a scenario and everything it names; what is wrong in one place hides nothing in another."""
        reading = self.document(path, Scenario, path.as_posix())
        return None if reading is None else self.ready(reading, path, settings)

    def ready(self, reading: Reading[Scenario], path: Path, settings: Iterable[Setting] = ()) -> Ready | None:
        """Find everything that a scenario names, which has been read or made; it belongs at ``path``."""
        if "name" in reading.parts:
            self._claim_name(reading, reading.parts["name"])
        market: Market | None = reading.parts.get("market")
        strategy: Strategy | None = reading.parts.get("strategy")
        profile = None if market is None else self._profile(reading, market)
        config = None if strategy is None else self._config(reading, ("strategy",), strategy, path, settings)
        controls: tuple[Control, ...] = reading.parts.get("controls", ())
        rivals = {
            ("controls", number): (control, self._config(reading, ("controls", number), control, path))
            for number, control in enumerate(controls)
        }
        if market is None or profile is None or not self._symbols_exist(reading, market, profile):
            return None
        if strategy is None or config is None:
            return None
        instruments = profile.instruments(market.traded)
        self._blame(reading, ("strategy", "config"), strategy.overrides, misfits(config, instruments))
        for owner, (control, theirs) in rivals.items():
            if theirs is not None:
                self._blame(reading, (*owner, "config"), control.overrides, misfits(theirs, instruments))
        value = self._changed(reading, settings)
        if value is None:
            return None
        for control in value.controls:
            self._claim_name(reading, value.name_of_control(control.name))
        configs = {control.name: theirs for control, theirs in rivals.values() if theirs is not None}
        return Ready.model_construct(**dict(value), config=config, profile=profile, control_configs=configs)

    def _changed(self, reading: Reading[Scenario], settings: Iterable[Setting]) -> Scenario | None:
        """Give the scenario as it is played: with the settings that are of the run itself."""
        given = tuple(setting for setting in settings if setting.is_of_run)
        if not given or reading.value is None:
            return reading.value

        def tell(complaints: Iterable[Complaint]) -> None:
            self.problems += (_setting_at_fault(given, each).problem(each) for each in complaints)

        return _overridden(reading, Scenario, {setting.key: setting.value for setting in given}, tell)

    def _claim_name(self, reading: Reading[Scenario], name: str) -> None:
        other = self._names.setdefault(name, reading.name)
        if other != reading.name:
            words = f"name {name!r} is taken by {other}"
            self.problems.append(reading.problem(Complaint(SAME_NAME, ("name",), words)))

    def _config(
        self, reading: Reading[Scenario], owner: Where, strategy: Strategy, path: Path, settings: Iterable[Setting] = ()
    ) -> Config | None:
        target = path.parent / strategy.config
        name = target.as_posix()
        if not target.is_file():
            complaint = Complaint(NOWHERE, (*owner, "config"), f"no config at {name}")
            self.problems.append(reading.problem(complaint))
            return None
        if name not in self._configs:
            self._configs[name] = self.document(target, Config, name)
        base = self._configs[name]
        if base is None or base.value is None:
            return None

        def tell(complaints: Iterable[Complaint]) -> None:
            self._blame(reading, (*owner, "overrides"), strategy.overrides, complaints)

        config = _overridden(base, Config, strategy.overrides, tell)
        given = tuple(setting for setting in settings if not setting.is_of_run)
        if config is None or not given:
            return config
        changes = dict(strategy.overrides) | {setting.key: setting.value for setting in given}

        def tell_command_line(complaints: Iterable[Complaint]) -> None:
            self.problems += (_setting_at_fault(given, each).problem(each) for each in complaints)

        return _overridden(base, Config, changes, tell_command_line)

    def _profile(self, reading: Reading[Scenario], market: Market) -> Profile | None:
        name = market.profile_name
        words = why_no_profile(name, self.profiles)
        if words:
            place: Where = ("market", "tape", "profile") if market.tape is not None else ("market", "profile")
            self.problems.append(reading.problem(Complaint(NOWHERE, place, words)))
            return None
        if name not in self._profiles:
            self._profiles[name] = self.document(self.profiles / f"{name}.yaml", Profile, f"profiles/{name}.yaml")
        base = self._profiles[name]
        if base is None or base.value is None:
            return None

        def tell(complaints: Iterable[Complaint]) -> None:
            self._blame(reading, ("market", "overrides"), market.overrides, complaints)

        if market.tier is None:
            return _overridden(base, Profile, market.overrides, tell)
        tier = base.value.tiers.get(market.tier)
        if tier is None:
            there = base.value.tiers
            words = f"profile {name} has no rate tier {market.tier!r}{did_you_mean(market.tier, there)}"
            words += f" (known are {', '.join(there) or 'none'})"
            self.problems.append(reading.problem(Complaint(NOWHERE, ("market", "tier"), words)))
            return None
        of_tier = {f"rates.{key}": value for key, value in tier.model_dump().items()}
        return _overridden(base, Profile, of_tier | market.overrides, tell)

    def _symbols_exist(self, reading: Reading[Scenario], market: Market, profile: Profile) -> bool:
        lacking = [(number, symbol) for number, symbol in enumerate(market.traded) if symbol not in profile.symbols]
        for number, symbol in lacking:
            at: Where = ("market", "symbols", number) if market.tape is None else ("market", "tape", "symbol")
            words = f"profile {profile.name} has no {symbol}, only {', '.join(profile.symbols)}"
            self.problems.append(reading.problem(Complaint(NO_SUCH_SYMBOL, at, words)))
        for number, symbol in enumerate(market.traded):
            mine = profile.symbols.get(symbol)
            if market.tape is None and mine is not None and mine.flow is None and mine.rates is None:
                words = f"profile {profile.name} does not say who trades {symbol}: it has neither flow nor rates"
                self.problems.append(reading.problem(Complaint(NO_SUCH_SYMBOL, ("market", "symbols", number), words)))
        return not lacking

    def _blame(
        self, reading: Reading[Scenario], group: Where, overrides: Mapping[str, Any], complaints: Iterable[Complaint]
    ) -> None:
        """Point into the scenario: at the override that caused a complaint, else at the group."""
        for each in complaints:
            dotted = _override_at_fault(overrides, each.at)
            at: Where = (*group[:-1], "overrides", dotted) if dotted is not None else group
            self.problems.append(reading.problem(each._replace(at=at)))


def _overridden(
    base: Reading[M], model: type[M], changes: Mapping[str, Any], tell: Callable[[Iterable[Complaint]], None]
) -> M | None:
    """Apply dotted changes to a file's own data and validate the result as if it were written so."""
    if not changes:
        return base.value
    if base.tree is None:
        return None
    checked = check(with_overrides(base.tree.mapping(), changes), model)
    tell(checked.complaints)
    return checked.value


def _override_at_fault(overrides: Mapping[str, Any], where: Where) -> str | None:
    """Find the override that a complaint is about: the longest dotted key its path passes through."""
    path = [str(element) for element in where]
    for dotted in sorted(overrides, key=len, reverse=True):
        parts = dotted.split(".")
        if path[: len(parts)] == parts or (path and parts[: len(path)] == path):
            return dotted
    return None


def _setting_at_fault(settings: Sequence[Setting], complaint: Complaint) -> Setting:
    by_key = {setting.key: setting for setting in settings}
    dotted = _override_at_fault(by_key, complaint.at)
    return by_key[dotted] if dotted is not None else settings[-1]
