"""What a look leaves is sent side by side: what is not taken concerns its service alone."""

import msgspec
import pytest

from deploy_guard.model import Ledger
from deploy_guard.scene import Outbox, Visited
from deploy_guard.sending import Senders
from tests.unit.deploy_guard.situations import SERVICE
from tests.unit.deploy_guard.wording.stories import STORIES


class Bus:
    """Refuses one stage."""

    def __init__(self):
        self.taken = []

    def put_events(self, Entries):  # noqa: N803  boto3's name
        stages = [msgspec.json.decode(one["Detail"])["stage"] for one in Entries]
        if "stalled" in stages:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
        self.taken += stages
        return {"FailedEntryCount": 0, "Entries": []}


def looked(*stories):
    return Visited(Ledger(SERVICE), None, Outbox(stories=[STORIES[one] for one in stories]))


@pytest.mark.parametrize("trouble", ["refused", "ours"])
def test_one_alert_that_is_not_taken_holds_back_no_other_services(trouble):
    bus = Bus()
    visited = {"a": looked("nothing moves"), "b": looked("rolled back", "recovered")}
    if trouble == "ours":
        visited["a"].outbox.stories[0] = None
    senders = Senders(bus, None, "", "", None, None)
    assert senders.tell(visited) == {"a"}
    assert bus.taken == ["rolled-back", "recovered"]
