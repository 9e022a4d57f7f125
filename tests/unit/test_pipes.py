"""Who reads what ``sim`` prints may leave early: it ends quietly, and what it wrote to disk is whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import small_scenario

SIM = Path(sys.executable).parent / "sim"
CLOSED = 141


def read_and_leave(*words: object, chars: int, cwd: Path, is_all: bool = False) -> tuple[int, str]:
    """Run ``sim``, read so many characters of what it prints and close; ``is_all``: of what goes wrong as well."""
    reader, writer = os.pipe()
    errors = writer if is_all else subprocess.PIPE
    running = subprocess.Popen([SIM, *map(str, words)], stdout=writer, stderr=errors, text=True, cwd=cwd)
    os.close(writer)
    if chars:
        os.read(reader, chars)
    os.close(reader)
    _, told = running.communicate(timeout=120)
    return running.returncode, told or ""


@pytest.mark.parametrize("words", [("explain", "--list"), ("faults",), ("--help",), ("schema", "scenario")])
def test_a_reader_who_leaves_at_once_ends_a_command_quietly(tmp_path, words):
    assert (CLOSED, "") == read_and_leave(*words, chars=0, cwd=tmp_path)


def test_a_reader_who_leaves_after_a_line_ends_a_long_answer_quietly(tmp_path):
    assert (CLOSED, "") == read_and_leave("explain", "--list", chars=1, cwd=tmp_path)


@pytest.mark.parametrize("is_all", [False, True])
def test_a_run_whose_reader_leaves_is_written_whole(tmp_path, is_all):
    small_scenario(tmp_path, 2)
    code, told = read_and_leave("run", "small.yaml", "-w", 1, "--out", "out", chars=0, cwd=tmp_path, is_all=is_all)
    assert CLOSED == code
    assert "Error" not in told
    assert {"summary.json", "manifest.json", "junit.xml"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_without_a_reader_of_what_goes_wrong_the_code_still_says_what_did(tmp_path):
    assert (2, "") == read_and_leave("nosuch", chars=0, cwd=tmp_path, is_all=True)


def test_a_command_whose_output_is_closed_from_the_start_does_its_work(tmp_path):
    done = subprocess.run(["/bin/sh", "-c", f"{SIM} faults >&-"], cwd=tmp_path, capture_output=True, timeout=60)
    assert (0, b"") == (done.returncode, done.stderr)
