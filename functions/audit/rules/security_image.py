"""SEC: does the image stay what it was?"""

from __future__ import annotations

from audit.model.task_definition import Container
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule


@rule(
    "SEC-11",
    "Images are named by a tag of their own or by digest",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.SECURITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-considerations.html",
    remedy='name the image by digest ("repository@sha256:...") or by a tag that never moves',
    anchors=(),
)
def image_of_its_own(container: Container) -> Verdicts:
    node, image = container["image"], container.image
    if not image or "@sha256:" in image:
        yield passed(node)
        return
    last = image.rsplit("/", 1)[-1]
    tag = last.partition(":")[2]
    if tag in ("", "latest"):
        said = "has no tag, which means latest" if not tag else "is tagged latest"
        yield failed(
            node,
            f"{container.label}: {image} {said}: nobody can say which version runs, and no rollback "
            "brings the old one back",
        )
    else:
        yield passed(node, f"the tag is {tag}")
