"""The account's keys: read from a private folder, held as secrets, shown to nobody.

They are one file each, because a folder of files can be mounted, rotated and protected without
touching a config. Environment variables are not read: every child process would inherit them.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from strategy.errors import OperatorError, Problem

UNREADABLE: Final = "SQ-C040"
NOT_PRIVATE: Final = "SQ-C041"

FILES: Final = ("api_key", "api_secret")

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# What a header may carry: anything else would end up in a request as something it is not.
_WORD: Final = re.compile(r"[\x21-\x7e]{1,4096}")


class Keys(BaseSettings):
    """An account's key and secret. Neither is ever part of a repr, a log or an error."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    api_key: SecretStr
    """Names the account; not secret to the venue, but nobody else's business."""
    api_secret: SecretStr
    """Signs every request."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the folder and nothing else."""
        return (file_secret_settings,)


def read_keys(folder: Path) -> Keys:
    """Read the keys in ``folder``; raises ``OperatorError`` with all that is wrong, and no word of the keys."""
    problems = problems_of(folder)
    if problems:
        raise OperatorError(problems)
    try:
        keys = Keys(_secrets_dir=folder)
    except (ValidationError, SettingsError, OSError):
        # The cause would carry the text of the file into a traceback.
        raise OperatorError((_problem(UNREADABLE, folder, "the files hold no keys"),)) from None
    bad = [name for name in FILES if not _WORD.fullmatch(getattr(keys, name).get_secret_value())]
    if bad:
        words = "should be one line of printable characters without spaces"
        raise OperatorError(_problem(UNREADABLE, folder / name, words) for name in bad)
    return keys


def keys_at_any_price(folder: Path) -> Keys:
    """Read the keys even where others may read them too: what stops a bot cannot wait for a ``chmod``.

    Raises ``OperatorError`` where there are none to read.
    """
    found: dict[str, SecretStr] = {}
    for name in FILES:
        try:
            text = (folder / name).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise OperatorError((_problem(UNREADABLE, folder / name, "cannot be read"),)) from None
        if not _WORD.fullmatch(text):
            raise OperatorError((_problem(UNREADABLE, folder / name, "holds no key"),))
        found[name] = SecretStr(text)
    return Keys.model_construct(None, **found)


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Say what is wrong with the folder and its files, without reading a key."""
    try:
        found = folder.stat()
    except OSError as error:
        return (_problem(UNREADABLE, folder, f"no folder of keys: {error.strerror}"),)
    if not stat.S_ISDIR(found.st_mode):
        return (_problem(UNREADABLE, folder, "not a folder"),)
    problems = []
    if found.st_mode & _OTHERS or found.st_uid not in (os.geteuid(), 0):
        mode = stat.S_IMODE(found.st_mode)
        words = f"others have a way into it (mode {mode:04o}, owner {found.st_uid}); want mode 0700"
        problems.append(_problem(NOT_PRIVATE, folder, words))
    for name in FILES:
        problems += _file_problems(folder / name)
    return tuple(problems)


def _file_problems(path: Path) -> list[Problem]:
    try:
        found = path.stat()
    except OSError as error:
        return [_problem(UNREADABLE, path, f"cannot be read: {error.strerror}")]
    if not stat.S_ISREG(found.st_mode):
        return [_problem(UNREADABLE, path, "not a plain file")]
    problems = []
    if found.st_uid != os.geteuid():
        words = f"belongs to user {found.st_uid}, and this is user {os.geteuid()}"
        problems.append(_problem(NOT_PRIVATE, path, words))
    if found.st_mode & _OTHERS:
        problems.append(_problem(NOT_PRIVATE, path, f"mode {stat.S_IMODE(found.st_mode):04o}, want 0600"))
    if not os.access(path, os.R_OK):
        problems.append(_problem(UNREADABLE, path, "may not be read by this user"))
    if not found.st_size:
        problems.append(_problem(UNREADABLE, path, "empty"))
    return problems


def _problem(code: str, path: Path, words: str) -> Problem:
    return Problem(code, path.as_posix(), 0, 0, words)
