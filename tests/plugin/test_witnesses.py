"""What made a case meaningful stands with that case, and with no other."""

from __future__ import annotations

from .conftest import Checking


def test_what_another_operation_was_asked_for_a_case_is_told_there(checking: Checking) -> None:
    rules = ("infer.route.agrees-with-hosted", "hosted.image.size")
    found = checking("reference", only=rules, operations=("hosted.object-detection", "infer.object-detection"))

    told = {(each["rule"], each["case"]): str(each["witness"]) for each in found.run.outcomes if each["witness"]}
    overlap = told["infer.route.agrees-with-hosted", "infer.object-detection setting=overlap"]
    assert "boxes with overlap=100" in overlap
    of_others = [witness for (rule, _), witness in told.items() if rule == "hosted.image.size"]
    assert of_others
    assert not any("overlap=100" in witness or "withholds" in witness for witness in of_others)
