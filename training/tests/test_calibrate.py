"""The threshold of "not in this clip", chosen on answered questions."""

import json
import sys

from damo_train.calibrate import at_threshold, choose_threshold, main


def line(absent: bool, verdict: str, confidence: float, right_span: bool = True) -> dict:
    wanted = {"absent": absent, "spans": [] if absent else [{"startSeconds": 1, "endSeconds": 3}]}
    given = [{"startSeconds": 1, "endSeconds": 3}] if right_span else [{"startSeconds": 7, "endSeconds": 9}]
    return {"type": "evaluated", "wanted": wanted, "verdict": verdict, "confidence": confidence,
            "spans": [] if verdict == "absent" else given, "right": (verdict == "absent") == absent and (absent or right_span)}


# P(<absent>): 0.2 and 0.4 for things that are there, 0.6 and 0.9 for things that are not
TRUTH = [(False, 0.2), (False, 0.4), (True, 0.6), (True, 0.9)]
NEVER = [line(absent, "found", 0.7) for absent, _ in TRUTH]
ALWAYS = [line(absent, "absent", p) for absent, p in TRUTH]


def test_the_threshold_lies_between_what_is_there_and_what_is_not():
    threshold, share = choose_threshold(NEVER, ALWAYS)
    assert 0.4 < threshold <= 0.6 and share == 1.0
    assert [answer["verdict"] for answer in at_threshold(NEVER, ALWAYS, threshold)] == ["found", "found", "absent", "absent"]


def test_the_bundle_is_told_the_threshold_and_calibrated_once(tmp_path, monkeypatch):
    (tmp_path / "damo.json").write_text(json.dumps({"answering": {"absentThreshold": 0, "calibration": {"scale": 1.0, "bias": 0.0}}}))
    for name, lines in (("never", NEVER), ("always", ALWAYS)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setattr(sys, "argv", ["calibrate", str(tmp_path / "never"), "--always", str(tmp_path / "always"), "--bundle", str(tmp_path)])
    main()
    answering = json.loads((tmp_path / "damo.json").read_text())["answering"]
    assert 0.4 < answering["absentThreshold"] <= 0.6
    assert answering["calibration"] != {"scale": 1.0, "bias": 0.0}
    try:
        main()
    except SystemExit as error:
        assert "calibrated already" in str(error)
    else:
        raise AssertionError("a calibrated bundle was calibrated again")
