"""The page of the rules is what the rules say."""

from audit.catalogue import all_rules
from build_tools.audit_rules import TARGET, page
from build_tools.other_tools import OTHER_TOOLS


def test_the_page_is_current():
    text = TARGET.read_text(encoding="utf-8")
    assert text == page(text), "python -m build_tools.audit_rules"


def test_every_anchor_is_a_check_that_exists():
    known = {f"{tool}:{check}" for tool, checks in OTHER_TOOLS.items() for check in checks}
    named = {anchor for rule in all_rules() for anchor in rule.anchors}
    assert named - known == set()
