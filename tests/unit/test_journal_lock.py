"""One journal, one process."""

import os
import subprocess
import sys

import pytest

from adapters.journal_lock import JournalInUse, JournalLock


def test_a_second_instance_is_refused_by_name_and_a_dead_one_holds_nothing(tmp_path):
    lock = JournalLock(tmp_path / "journal")
    lock.take()
    with pytest.raises(JournalInUse, match=str(os.getpid())) as caught:
        JournalLock(tmp_path / "journal").take()
    assert "SQ-O011" == caught.value.code
    lock.leave()
    code = "import sys; from pathlib import Path; from adapters.journal_lock import JournalLock\n"
    code += "JournalLock(Path(sys.argv[1])).take(); print('held', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "journal")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert b"held\n" == child.stdout.readline()
    with pytest.raises(JournalInUse, match=str(child.pid)):
        lock.take()
    child.kill()
    child.communicate()
    lock.take()
    lock.leave()
