"""Real processes in real time: few tests, short waits."""

import os
import time

import pytest

from sandbox.account import Account
from sandbox.clock import WallClock
from sandbox.errors import SandboxError
from tests.unit.sandbox.lambda_host.queue_worker import ECHO, send, write_stack


@pytest.fixture
def account():
    clock = WallClock()
    with Account(clock=clock) as opened:
        yield opened
    clock.close()


def deploy(account, folder, code, **changes):
    return account.deploy(write_stack(folder, code, **changes), host="runtime_api")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_handler_runs_in_a_process_of_its_own_that_stays_warm(account, tmp_path):
    code = """
    import os
    print("starting")

    def handler(event, context):
        print("hello", event["n"])
        return {"pid": os.getpid(), "left": context.get_remaining_time_in_millis()}
    """
    deploy(account, tmp_path, code)
    first, second = (account.invoke("Worker", {"n": n}) for n in range(2))
    assert first.result["pid"] == second.result["pid"] != os.getpid()
    assert 9_000 < first.result["left"] <= 10_000
    assert (first.cold, second.cold) == (True, False)
    assert first.init_ms > 0
    assert first.logs == ("starting", "hello 0")
    assert second.logs == ("hello 1",)
    assert second.duration_ms < 100


def test_recycling_ends_the_process(account, tmp_path):
    deploy(account, tmp_path, "import os\ndef handler(e, c):\n    return os.getpid()\n")
    first = account.invoke("Worker", {}).result
    account.recycle()
    again = account.invoke("Worker", {})
    assert again.cold
    assert again.result != first
    assert not alive(first)


def test_a_function_that_takes_too_long_is_killed(account, tmp_path):
    code = """
    import os, time

    def handler(event, context):
        print(os.getpid(), flush=True)
        time.sleep(event["s"])
        return "done"
    """
    path = write_stack(tmp_path, code)
    path.write_text(path.read_text().replace("Timeout: 10", "Timeout: 1", 1))
    account.deploy(path, host="runtime_api")
    late = account.invoke("Worker", {"s": 30})
    assert "Task timed out after 1.00 seconds" in late.error["errorMessage"]
    assert 1000 <= late.duration_ms < 1500
    assert not alive(int(late.logs[0]))
    assert account.invoke("Worker", {"s": 0}).result == "done"


def test_errors_and_exits_are_reported_as_lambda_reports_them(account, tmp_path):
    code = """
    import os

    def handler(event, context):
        if event["how"] == "exit":
            os._exit(3)
        if event["how"] == "memory":
            hog = bytearray(400_000_000)
            import time
            time.sleep(5)
        raise KeyError("x")
    """
    deploy(account, tmp_path, code)
    assert account.invoke("Worker", {"how": "raise"}).error["errorType"] == "KeyError"
    assert account.invoke("Worker", {"how": "exit"}).error["errorType"] == "Runtime.ExitError"
    hungry = account.invoke("Worker", {"how": "memory"})
    assert hungry.error["errorType"] == "Runtime.ExitError"
    assert hungry.duration_ms < 4000


def test_an_import_error_is_reported(account, tmp_path):
    deploy(account, tmp_path, "import does_not_exist\n")
    assert account.invoke("Worker", {}).error["errorType"] == "Runtime.ImportModuleError"


def test_packages_of_the_development_environment_are_not_there(account, tmp_path):
    deploy(account, tmp_path, "import moto\ndef handler(e, c):\n    pass\n")
    assert "No module named 'moto'" in account.invoke("Worker", {}).error["errorMessage"]


def test_batches_run_at_the_same_time_in_several_processes(account, tmp_path):
    code = """
    import os, time

    def handler(event, context):
        time.sleep(0.5)
        return os.getpid()
    """
    mapping = "BatchSize: 1\n            ScalingConfig: {MaximumConcurrency: 3}"
    stack = deploy(account, tmp_path, code, mapping=mapping)
    began = time.monotonic()
    send(account, stack, 1, 2, 3)
    account.settle(limit_s=20)
    pids = {entry["result"] for entry in account.trace.select("invocation")}
    assert len(pids) == 3
    assert time.monotonic() - began < 3


def test_a_message_goes_through_the_queue_in_real_time(account, tmp_path):
    stack = deploy(account, tmp_path, ECHO)
    send(account, stack, "a")
    account.settle(limit_s=20)
    assert account.trace.select("invocation")[0]["result"] == {"got": ["a"]}


def test_closing_the_account_ends_every_process(tmp_path):
    clock = WallClock()
    with Account(clock=clock) as account:
        deploy(account, tmp_path, "import os\ndef handler(e, c):\n    return os.getpid()\n")
        pid = account.invoke("Worker", {}).result
    clock.close()
    assert not alive(pid)


def test_processes_and_virtual_time_do_not_go_together(tmp_path):
    with Account() as account, pytest.raises(SandboxError, match="WallClock"):
        deploy(account, tmp_path, ECHO)
