"""The worker's helper against a loopback fake of the ECS agent's endpoint."""

import ast
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import ecsops_worker

PROTECTED = {"protection": {"ProtectionEnabled": True, "TaskArn": "arn:aws:ecs:task/prod/1"}}
ON = {"ProtectionEnabled": True, "ExpiresInMinutes": 10}
OFF = {"ProtectionEnabled": False}


class Agent:
    """What stands behind $ECS_AGENT_URI; answers one after the other, the last one for ever."""

    def __init__(self):
        self.asked, self.answers = [], [(200, PROTECTED)]
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                assert self.path == "/api/1/task-protection/v1/state"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                agent.asked.append(json.loads(body))
                answers = agent.answers
                status, answer = answers.pop(0) if len(answers) > 1 else answers[0]
                text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/api/1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def agent(monkeypatch):
    agent = Agent()
    monkeypatch.setenv("ECS_AGENT_URI", agent.uri)
    monkeypatch.setattr(ecsops_worker, "_PAUSE_S", 0.001)
    yield agent
    agent.close()


def wait_for(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_a_message_is_protected_before_it_is_worked_on_and_given_back_afterwards(agent):
    protection = ecsops_worker.Protection(linger_s=0)
    with protection.hold():
        assert agent.asked == [ON]
    assert agent.asked == [ON, OFF]


def test_messages_in_a_row_share_one_protection(agent):
    protection = ecsops_worker.Protection(linger_s=60)
    for _ in range(20):
        with protection.hold():
            pass
    assert agent.asked == [ON]


def test_it_is_given_back_when_no_message_follows(agent):
    with ecsops_worker.Protection(linger_s=0.02).hold():
        pass
    wait_for(lambda: agent.asked == [ON, OFF])


def test_messages_side_by_side_keep_it_until_the_last_is_done(agent):
    protection = ecsops_worker.Protection(linger_s=0)
    with protection.hold():
        with protection.hold():
            pass
        assert agent.asked == [ON]
    assert agent.asked == [ON, OFF]


def test_it_is_renewed_while_a_long_message_is_worked_on(agent):
    protection = ecsops_worker.Protection(linger_s=0)
    protection._renew_s = 0.02
    with protection.hold():
        wait_for(lambda: len(agent.asked) >= 3)
    assert agent.asked[:3] == [ON, ON, ON]


def test_a_message_that_begins_just_before_does_not_put_the_renewal_off(agent):
    protection = ecsops_worker.Protection(linger_s=0)
    with protection.hold():
        protection._asked_at -= 299  # a second before half-time
        with protection.hold():
            assert 0 < protection._timer.interval < 60


def test_a_renewal_that_failed_is_tried_again_well_before_the_end(agent):
    protection = ecsops_worker.Protection(linger_s=0)
    with protection.hold():
        protection._asked_at -= 300
        agent.answers = [(400, {"failure": {"Reason": "THROTTLED"}}), (200, PROTECTED)]
        protection._wake()
        assert protection._timer.interval <= 60
    assert agent.asked == [ON, ON, OFF]


def test_a_message_that_fails_gives_it_back_too(agent):
    with pytest.raises(RuntimeError), ecsops_worker.Protection(linger_s=0).hold():
        raise RuntimeError
    assert agent.asked == [ON, OFF]


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, {"failure": {"Arn": "a", "Reason": "DEPLOYMENT_BLOCKED"}}, "DEPLOYMENT_BLOCKED"),
        (400, {"error": {"Code": "AccessDeniedException", "Message": "no"}}, "AccessDenied"),
    ],
)
def test_who_requires_it_is_told_why_there_is_none(agent, status, answer, reason):
    agent.answers = [(status, answer)]
    protection = ecsops_worker.Protection(required=True)
    with pytest.raises(ecsops_worker.NotProtected, match=reason), protection.hold():
        raise AssertionError("must not be worked on")
    assert len(agent.asked) == 1


def test_who_does_not_works_with_a_warning(agent, caplog):
    agent.answers = [(200, {"failure": {"Reason": "DEPLOYMENT_BLOCKED"}}), (200, PROTECTED)]
    done = []
    with ecsops_worker.Protection(linger_s=0).hold():
        done.append(1)
    assert done
    assert "working unprotected" in caplog.text
    assert agent.asked == [ON], "what was never got is not given back"


@pytest.mark.parametrize("broken", [(500, b"oops"), (200, b"[]"), (200, b"")])
def test_an_agent_that_stumbles_is_asked_again(agent, broken):
    agent.answers = [broken, (200, PROTECTED)]
    with ecsops_worker.Protection(required=True, linger_s=60).hold():
        assert agent.asked == [ON, ON]


def test_an_agent_that_is_not_there_is_given_up(monkeypatch):
    monkeypatch.setattr(ecsops_worker, "_PAUSE_S", 0.001)
    protection = ecsops_worker.Protection(required=True, agent_uri="http://127.0.0.1:1/api")
    with pytest.raises(ecsops_worker.NotProtected, match="does not answer"), protection.hold():
        pass


def test_outside_of_ecs_it_does_nothing(monkeypatch):
    monkeypatch.delenv("ECS_AGENT_URI", raising=False)
    with ecsops_worker.Protection(required=True).hold():
        pass


@pytest.mark.parametrize("minutes", [0, 2881])
def test_times_that_ecs_does_not_take_are_refused_at_once(minutes):
    with pytest.raises(ValueError, match="1 to 2880"):
        ecsops_worker.Protection(minutes=minutes)


def test_it_needs_nothing_but_the_standard_library():
    tree = ast.parse(Path(ecsops_worker.__file__).read_text())
    imported = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert imported <= sys.stdlib_module_names
