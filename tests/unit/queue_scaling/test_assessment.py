"""From what was read to a signal: the parts that one queue's kind decides."""

from msgspec.structs import replace

from queue_scaling.assessment import Observed, assess, measure_due
from queue_scaling.configuration import ServiceConfig, read_configuration
from queue_scaling.reading import Reading, Tasks
from queue_scaling.state import ServiceState

ARN = "arn:aws:ecs:eu-west-1:123456789012:service/prod/worker"


def config(queue="orders", **tags):
    given = {"ecs-ops:queue": queue, "ecs-ops:latency-slo": "60s", "ecs-ops:processing-time": "2s"}
    named = {f"ecs-ops:{name.replace('_', '-')}": value for name, value in tags.items()}
    read = read_configuration(ARN, given | named)
    assert isinstance(read, ServiceConfig)
    return read


class Watch:
    """A service that is looked at again and again."""

    def __init__(self, queue="orders", **tags):
        self.config = config(queue, **tags)
        self.now, self.state = 0.0, None

    def look(self, running=1, seconds=60.0, completed=None, **fields):
        name = self.config.queues[0].reference.text
        reading = Reading(**({"at": self.now, "visible": 0.0, "in_flight": 0.0} | fields))
        tasks = Tasks(running=running, desired=running)
        counted = {} if completed is None else {name: completed}
        found = assess(self.config, Observed(tasks, {name: reading}, counted), self.state)
        self.state = ServiceState(at=self.now, queues=found.queues)
        self.now += seconds
        return found


def test_a_fifo_queue_whose_workers_idle_while_messages_wait_has_no_more_groups():
    watch = Watch("orders.fifo")
    watch.look(running=20, visible=500, in_flight=4)
    found = watch.look(running=20, visible=500, in_flight=4)
    assert found.signal.required == 5
    assert "only 5 can be worked on at a time" in found.signal.applied[0]


def test_a_fifo_queue_whose_workers_are_all_busy_may_have_more_groups():
    watch = Watch("orders.fifo")
    watch.look(running=4, visible=500, in_flight=4)
    assert watch.look(running=4, visible=500, in_flight=4).signal.required > 10


def test_a_tag_says_how_many_groups_there_are():
    watch = Watch("orders.fifo", fifo_groups="8", concurrency="2")
    assert watch.look(running=1, visible=500, in_flight=2).signal.required == 4


def test_a_standard_queue_has_no_such_cap():
    watch = Watch()
    watch.look(running=20, visible=5000, in_flight=4)
    assert watch.look(running=20, visible=5000, in_flight=4).signal.required > 20


def test_a_stream_is_capped_by_its_shards():
    watch = Watch("kinesis:clicks")
    found = watch.look(running=2, visible=60_000, in_flight=None, arrival_rate=100.0, parallel=6)
    assert found.signal.required == 6


def test_the_latency_is_that_of_the_queue_that_is_worst_off():
    two = config("fast@10s slow@10m")
    readings = {
        "fast": Reading(at=0.0, visible=20, in_flight=0),
        "slow": Reading(at=0.0, visible=100, in_flight=0),
    }
    found = assess(two, Observed(Tasks(4, 4), readings, {}), None)
    assert found.latency == (10.0, 10.0)


def test_without_a_task_a_message_waits_for_one_to_start():
    watch = Watch(startup_time="90s")
    assert watch.look(running=0, visible=1).latency == (90.0, 60.0)
    assert watch.look(running=0).latency == (0.0, 60.0)


def test_the_processing_time_is_measured_once_enough_is_known():
    watch = Watch()
    watch.look(in_flight=3)
    assert not measure_due(watch.config.queues[0], watch.state, watch.now)
    watch.look(in_flight=3)
    assert measure_due(watch.config.queues[0], watch.state, watch.now)


def test_counts_and_looks_are_matched_by_the_minute():
    watch = Watch()
    for _ in range(8):
        watch.look(running=10, in_flight=6)
    counts = dict.fromkeys(range(1, 7), 90.0) | {99: 1e6}
    found = watch.look(running=10, in_flight=6, completed=counts)
    assert round(found.works[0].service_s, 2) == 4.0


def test_what_is_remembered_of_a_queue_does_not_grow():
    watch = Watch()
    for _ in range(200):
        watch.look(in_flight=3, seconds=20.0)
    assert watch.state is not None
    assert len(watch.state.queues["orders"].samples) <= 20


def test_a_state_of_another_queue_is_not_taken_for_this_ones():
    watch = Watch()
    watch.look(visible=1000, in_flight=10)
    assert watch.state is not None
    watch.state = replace(watch.state, queues={"other": watch.state.queues["orders"]})
    found = watch.look(in_flight=2)
    assert found.works[0].offered == 2.0
