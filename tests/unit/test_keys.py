"""Keys: read from a private folder, shown to nobody."""

import traceback
from pathlib import Path

import pytest
from live_files import KEY, SECRET, write_keys

from adapters.keys import problems_of, read_keys
from strategy.errors import OperatorError


def refused(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(OperatorError) as caught:
        read_keys(folder)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert KEY not in told
    return [(each.code, each.message) for each in caught.value.problems]


def test_keys_are_read(tmp_path: Path) -> None:
    keys = read_keys(write_keys(tmp_path / "keys"))
    assert keys.api_key.get_secret_value() == KEY
    assert keys.api_secret.get_secret_value() == SECRET


def test_keys_are_part_of_no_text(tmp_path: Path) -> None:
    keys = read_keys(write_keys(tmp_path / "keys"))
    for text in (repr(keys), str(keys), f"{keys}", keys.model_dump_json(), str(keys.model_dump()), repr(vars(keys))):
        assert SECRET not in text
        assert KEY not in text


def test_the_environment_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "from-the-environment")
    monkeypatch.setenv("api_secret", "from-the-environment")
    keys = read_keys(write_keys(tmp_path / "keys"))
    assert keys.api_key.get_secret_value() == KEY
    assert keys.api_secret.get_secret_value() == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    folder = write_keys(tmp_path / "keys")
    (folder / "api_secret").chmod(mode)
    assert refused(folder) == [("SQ-C041", f"mode {mode:04o}, want 0600")]


@pytest.mark.parametrize("mode", [0o770, 0o755, 0o710])
def test_a_folder_that_others_have_a_way_into_is_refused(tmp_path: Path, mode: int) -> None:
    folder = write_keys(tmp_path / "keys")
    folder.chmod(mode)
    assert [code for code, _ in refused(folder)] == ["SQ-C041"]


def test_another_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_keys(tmp_path / "keys")
    owner = folder.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    found = [words for code, words in refused(folder) if code == "SQ-C041"]
    assert sum(words.startswith(f"belongs to user {owner}") for words in found) == 2


@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_keys(tmp_path / "keys")
    (folder / name).unlink()
    assert refused(folder) == [("SQ-C040", "cannot be read: No such file or directory")]
    assert problems_of(folder)[0].path_text == (folder / name).as_posix()


def test_a_missing_folder_and_a_file_in_its_place_are_named(tmp_path: Path) -> None:
    assert [code for code, _ in refused(tmp_path / "none")] == ["SQ-C040"]
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert refused(tmp_path / "file") == [("SQ-C040", "not a folder")]


def test_a_folder_in_the_place_of_a_key_is_refused(tmp_path: Path) -> None:
    folder = write_keys(tmp_path / "keys")
    (folder / "api_key").unlink()
    (folder / "api_key").mkdir()
    assert refused(folder) == [("SQ-C040", "not a plain file")]


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    folder = write_keys(tmp_path / "keys")
    (folder / "api_key").write_text("", encoding="utf-8")
    assert refused(folder) == [("SQ-C040", "empty")]


@pytest.mark.parametrize("text", ["   \n", "two words", "line\nline", "naïve", "x" * 5000])
def test_what_no_header_can_carry_is_refused(tmp_path: Path, text: str) -> None:
    folder = write_keys(tmp_path / "keys", secret=text)
    assert refused(folder) == [("SQ-C040", "should be one line of printable characters without spaces")]


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    folder = write_keys(tmp_path / "keys")
    (folder / "api_secret").write_bytes(b"\xff\xfe" + SECRET.encode())
    assert refused(folder) == [("SQ-C040", "the files hold no keys")]


def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    folder = write_keys(tmp_path / "keys")
    loose = tmp_path / "loose"
    loose.write_text(SECRET, encoding="utf-8")
    loose.chmod(0o644)
    (folder / "api_secret").unlink()
    (folder / "api_secret").symlink_to(loose)
    assert refused(folder) == [("SQ-C041", "mode 0644, want 0600")]


def test_keys_cannot_be_changed(tmp_path: Path) -> None:
    keys = read_keys(write_keys(tmp_path / "keys"))
    with pytest.raises(ValueError, match="frozen"):
        keys.api_key = keys.api_secret
