"""Deployments, realities and cases in few words."""

from __future__ import annotations

import msgspec

from deploy_guard.gates import Case
from deploy_guard.last_known_good import Candidate
from deploy_guard.model import Deployment, Image, Outcome, Version
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import EcsDeployment, Monitor, Reality, ServiceDeployment
from deploy_guard.verdict import Verdict

ACCOUNT = "arn:aws:ecs:eu-west-1:123456789012"
SERVICE = f"{ACCOUNT}:service/prod/web"
CLUSTER = f"{ACCOUNT}:cluster/prod"
BEGAN = 1_000_000.0


def definition(revision):
    return f"{ACCOUNT}:task-definition/web:{revision}"


def version(revision, digest="", content=""):
    """Each revision has an image and a content of its own unless told otherwise."""
    image = Image("app", f"repo/web:{revision}", f"sha256:{digest or revision}")
    return Version(definition(revision), (image,), content or f"c{revision}")


def deployment_arn(number):
    return f"{ACCOUNT}:service-deployment/prod/web/{number}"


def revision_arn(number):
    return f"{ACCOUNT}:service-revision/prod/web/{number}"


def service_deployment(number, status="IN_PROGRESS", *, source=None, began=None, **fields):
    return ServiceDeployment(
        deployment_arn(number),
        status,
        began if began is not None else BEGAN + number * 1000,
        target=revision_arn(number),
        source=revision_arn(source) if source else None,
        **fields,
    )


def ecs_deployment(number, *, primary=True, state="IN_PROGRESS", created=None, **fields):
    return EcsDeployment(
        f"ecs-svc/{number}",
        "PRIMARY" if primary else "ACTIVE",
        definition(number),
        created if created is not None else BEGAN + number * 1000,
        state,
        **fields,
    )


def row(number=43, source=42, **fields):
    return Deployment(
        id=deployment_arn(number),
        began=BEGAN + number * 1000,
        target=fields.pop("target", version(number)),
        ecs_id=f"ecs-svc/{number}",
        source=version(source) if source else None,
        **fields,
    )


def reality(*history, **fields):
    history = history or (service_deployment(43, source=42),)
    newest = max(history, key=lambda one: one.created_at)
    number = int(newest.arn.rpartition("/")[2])
    fields = {
        "at": BEGAN + 43_100,
        "task_definition": definition(number),
        "desired": 2,
        "running": 2,
        "deployments": (ecs_deployment(number, running=2),),
        "versions": {revision_arn(n): version(n) for n in range(38, 50)},
    } | fields
    return Reality(SERVICE, CLUSTER, history=tuple(history), **fields)


def breaker(status="MONITORING", *, rollback=True, failures=0, threshold=3):
    return Monitor(status, rollback=rollback, failures=failures, threshold=threshold)


def case(**fields):
    """An open-and-shut case: failed for its release, everything allows a rollback."""
    given = {
        "row": row(),
        "verdict": Verdict(Outcome.FAILED, BEGAN + 43_100, by="guard"),
        "reality": reality(),
        "settings": OwnerSettings(mode="auto"),
        "candidate": Candidate(version(42), "it completed and survived its bake time"),
        "cause": "IMAGE_NOT_FOUND",
        "blame": "release",
        "failed_at": BEGAN + 43_100,
        "kill_switch": "on",
        "codedeploy": True,
    }
    return Case(**(given | fields))


def changed(struct, **fields):
    return msgspec.structs.replace(struct, **fields)
