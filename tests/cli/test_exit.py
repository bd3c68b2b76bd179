"""The end of the process: at once, with all that an ordinary end does for others."""

from __future__ import annotations

import subprocess
import sys


def ended(code: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; from batchtui.cli.run import exit_process\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)


def test_the_code_is_left_and_what_was_written_is_written_out() -> None:
    done = ended("sys.stdout.write('said'); sys.stderr.write('noted'); exit_process(4)")
    assert (done.returncode, done.stdout, done.stderr) == (4, "said", "noted")


def test_functions_registered_with_atexit_are_called() -> None:
    assert ended("import atexit; atexit.register(print, 'told'); exit_process(0)").stdout == "told\n"


def test_a_thread_that_still_works_is_waited_for() -> None:
    done = ended(
        "import threading; go = threading.Event()\n"
        "threading.Thread(target=lambda: (go.wait(5), print('finished'))).start()\n"
        "import atexit; threading._register_atexit(go.set); exit_process(3)"
    )
    assert (done.returncode, done.stdout) == (3, "finished\n")


def test_an_output_that_is_gone_is_no_fault() -> None:
    assert ended("sys.stdout.close(); exit_process(1)").returncode == 1
