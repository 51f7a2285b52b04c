"""Whether another program lives, as far as this machine can tell; what is not certain is no reason to take over."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers.mortal import DEAD

from frontispiece.purchases.process_identity import ProcessIdentity


def apart(*namespaces: str, told: str, run: Sequence[str] = ()) -> str:
    """What a program prints in a pid namespace of its own, and in these; skips where the kernel does not allow it."""
    start = ["unshare", "--pid", "--fork", *namespaces, *run]
    if shutil.which("unshare") is None or subprocess.run([*start, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel lets us make no such namespaces")
    told = subprocess.run(
        [*start, sys.executable, "-c", told], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    ).stdout
    return told.strip()


def test_a_process_that_lives_is_not_gone_and_a_killed_one_is() -> None:
    told = (
        "from frontispiece.purchases.process_identity import ProcessIdentity\n"
        "print(ProcessIdentity.here().model_dump_json(), flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as child:
        assert child.stdout is not None
        holder = ProcessIdentity.model_validate_json(child.stdout.readline())
        assert holder.pid == child.pid
        assert not holder.is_gone()
        child.kill()
        child.wait()
    assert holder.is_gone() is bool(holder.boot)


def test_this_program_is_not_gone() -> None:
    assert not ProcessIdentity.here().is_gone()


def test_a_process_that_another_user_may_not_see_lives() -> None:
    told = (
        "import os, subprocess\n"
        "from frontispiece.purchases.process_identity import ProcessIdentity\n"
        "us = ProcessIdentity.here()\n"
        "with subprocess.Popen(['sleep', '600']) as child:\n"
        "    gone = ProcessIdentity.of(child.pid)\n"
        "    child.kill()\n"
        "if os.fork() == 0:\n"
        "    os.setgroups([]), os.setgid(65534), os.setuid(65534)\n"
        "    print(os.path.exists(f'/proc/{us.pid}'), us.is_gone(), gone.is_gone(), flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    hide = 'mount -o remount,hidepid=2 /proc && exec "$@"'
    assert apart("--mount", "--mount-proc", run=["sh", "-c", hide, "sh"], told=told) == "False False True"


@pytest.mark.parametrize("mount", [(), ("--mount-proc",)], ids=["with the /proc of others", "with its own /proc"])
def test_in_a_namespace_of_its_own_a_process_is_not_taken_for_another(mount: Sequence[str]) -> None:
    told = (
        "from frontispiece.purchases.process_identity import ProcessIdentity\n"
        "us = ProcessIdentity.here()\n"
        "print(us.model_dump_json(), us.is_gone())"
    )
    said, is_gone = apart("--user", "--map-root-user", "--mount", *mount, told=told).rsplit(" ", 1)
    there = ProcessIdentity.model_validate_json(said)
    assert (is_gone, there.is_gone(), bool(there.boot)) == ("False", False, bool(mount))
    assert there.space != ProcessIdentity.here().space


@pytest.mark.parametrize("change", [{"boot": "another"}, {"space": "another"}, {"boot": ""}, {"born": None}])
def test_what_cannot_be_known_is_not_gone(change: dict[str, str | None]) -> None:
    assert not DEAD.model_copy(update=change).is_gone()
