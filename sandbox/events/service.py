"""The EventBridge API of the account."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.events import schedule_expression
from sandbox.events.bus import EventBus, Surroundings
from sandbox.events.put_events import check_entries, event_of, refusal
from sandbox.events.rule import Rule, read_pattern
from sandbox.events.senders import to_bus

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Caller

Params = dict[str, Any]
PAGE = 100


class EventBridge:
    """A simulator for botocore's service ``events``."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Start with the default bus."""
        self._in = surroundings
        self.buses: dict[str, EventBus] = {"default": EventBus("default", surroundings)}
        surroundings.courier.senders["events"] = to_bus(lambda arn, event: self.put(event, bus=arn))

    def put(self, event: dict[str, Any], *, bus: str = "default") -> dict[str, Any]:
        """Put an event on a bus, whatever its source: this is how AWS services emit theirs."""
        return self._bus({"EventBusName": bus}).put(event)

    def wanted(self, event: dict[str, Any]) -> bool:
        """Tell whether a rule of the default bus would take the event."""
        return any(rule.matches(event) for rule in self.buses["default"].rules.values())

    def call(self, operation: str, params: Params, caller: Caller) -> Params:
        """Answer one API call."""
        del caller
        name = "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        method: Callable[[Params], Params] | None = getattr(self, name, None)
        if method is None:
            raise UnsupportedOperation(f"the sandbox does not simulate events:{operation}")
        return method(params)

    def _put_events(self, params: Params) -> Params:
        check_entries(params["Entries"])
        results = [self._put_entry(entry) for entry in params["Entries"]]
        return {
            "FailedEntryCount": sum("ErrorCode" in result for result in results),
            "Entries": results,
        }

    def _put_entry(self, entry: Params) -> Params:
        refused = refusal(entry)
        if refused:
            return dict(refused)
        event = self._bus(entry).put(event_of(entry))
        self._in.trace.add("published", channel="event", source=event["source"], event=event)
        return {"EventId": event["id"]}

    def _put_rule(self, params: Params) -> Params:
        bus = self._bus(params)
        pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
        if not pattern and not schedule:
            raise ApiError(
                "ValidationException",
                "Parameter(s) EventPattern or ScheduleExpression must be specified.",
            )
        if schedule:
            if bus.name != "default":
                raise ApiError(
                    "ValidationException",
                    "ScheduleExpression is supported only on the default event bus.",
                )
            schedule_expression.parse(schedule, start=self._in.clock.now())
        name = params["Name"]
        path = name if bus.name == "default" else f"{bus.name}/{name}"
        arn = f"arn:aws:events:{self._in.region}:{self._in.account}:rule/{path}"
        rule = bus.rules.setdefault(name, Rule(name, arn, bus.name))
        rule.pattern = read_pattern(pattern) if pattern else None
        rule.event_pattern, rule.schedule = pattern, schedule
        rule.state = params.get("State", "ENABLED")
        rule.description, rule.role_arn = params.get("Description"), params.get("RoleArn")
        rule.tags |= {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
        bus.arm(rule)
        return {"RuleArn": arn}

    def _delete_rule(self, params: Params) -> Params:
        bus = self._bus(params)
        rule = bus.rules.get(params["Name"])
        if rule is None:
            return {}
        if rule.targets:
            raise ApiError("ValidationException", "Rule can't be deleted since it has targets.")
        rule.state = "DISABLED"
        bus.arm(rule)
        del bus.rules[rule.name]
        return {}

    def _describe_rule(self, params: Params) -> Params:
        return self._rule(params, "Name").describe()

    def _list_rules(self, params: Params) -> Params:
        prefix = params.get("NamePrefix", "")
        rules = [rule for rule in self._bus(params).rules.values() if rule.name.startswith(prefix)]
        return _page("Rules", [rule.describe() for rule in rules], params)

    def _enable_rule(self, params: Params) -> Params:
        return self._set_state(params, "ENABLED")

    def _disable_rule(self, params: Params) -> Params:
        return self._set_state(params, "DISABLED")

    def _set_state(self, params: Params, state: str) -> Params:
        rule = self._rule(params, "Name")
        rule.state = state
        self._bus(params).arm(rule)
        return {}

    def _put_targets(self, params: Params) -> Params:
        for target in params["Targets"]:
            self._in.courier.check(target["Arn"])
        self._rule(params, "Rule").put_targets(params["Targets"])
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _remove_targets(self, params: Params) -> Params:
        targets = self._rule(params, "Rule").targets
        failed = [
            {"TargetId": id_, "ErrorCode": "ResourceNotFoundException"}
            for id_ in params["Ids"]
            if targets.pop(id_, None) is None
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    def _list_targets_by_rule(self, params: Params) -> Params:
        return _page("Targets", list(self._rule(params, "Rule").targets.values()), params)

    def _list_rule_names_by_target(self, params: Params) -> Params:
        names = [
            rule.name
            for rule in self._bus(params).rules.values()
            if any(target["Arn"] == params["TargetArn"] for target in rule.targets.values())
        ]
        return _page("RuleNames", names, params)

    def _create_event_bus(self, params: Params) -> Params:
        name = params["Name"]
        if name in self.buses:
            raise ApiError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
        self.buses[name] = EventBus(name, self._in)
        return {"EventBusArn": self.buses[name].arn}

    def _delete_event_bus(self, params: Params) -> Params:
        if params["Name"] == "default":
            raise ApiError("ValidationException", "Cannot delete event bus default.")
        self.buses.pop(params["Name"], None)
        return {}

    def _describe_event_bus(self, params: Params) -> Params:
        bus = self._bus({"EventBusName": params.get("Name", "default")})
        shown: Params = {"Name": bus.name, "Arn": bus.arn}
        return shown | ({"Policy": json.dumps(bus.policy)} if bus.policy["Statement"] else {})

    def _list_event_buses(self, params: Params) -> Params:
        prefix = params.get("NamePrefix", "")
        buses = [bus for bus in self.buses.values() if bus.name.startswith(prefix)]
        return _page("EventBuses", [{"Name": bus.name, "Arn": bus.arn} for bus in buses], params)

    def _test_event_pattern(self, params: Params) -> Params:
        event = json.loads(params["Event"])
        return {"Result": read_pattern(params["EventPattern"]).matches(event)}

    def _tag_resource(self, params: Params) -> Params:
        self._tags(params).update({tag["Key"]: tag["Value"] for tag in params["Tags"]})
        return {}

    def _untag_resource(self, params: Params) -> Params:
        for key in params["TagKeys"]:
            self._tags(params).pop(key, None)
        return {}

    def _list_tags_for_resource(self, params: Params) -> Params:
        return {"Tags": [{"Key": k, "Value": v} for k, v in self._tags(params).items()]}

    def _tags(self, params: Params) -> dict[str, str]:
        for bus in self.buses.values():
            owners: list[EventBus | Rule] = [bus, *bus.rules.values()]
            for owner in owners:
                if owner.arn == params["ResourceARN"]:
                    return owner.tags
        raise ApiError("ResourceNotFoundException", f"{params['ResourceARN']} does not exist.")

    def _bus(self, params: Params) -> EventBus:
        name = str(params.get("EventBusName", "default")).rpartition("/")[2]
        if name not in self.buses:
            raise ApiError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return self.buses[name]

    def _rule(self, params: Params, key: str) -> Rule:
        bus = self._bus(params)
        if params[key] not in bus.rules:
            raise ApiError(
                "ResourceNotFoundException",
                f"Rule {params[key]} does not exist on EventBus {bus.name}.",
            )
        return bus.rules[params[key]]


def _page(name: str, rows: list[Any], params: Params) -> Params:
    start = int(params.get("NextToken", "0"))
    end = start + params.get("Limit", PAGE)
    return {name: rows[start:end]} | ({"NextToken": str(end)} if end < len(rows) else {})
