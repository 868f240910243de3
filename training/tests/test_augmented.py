import json

import pytest

from damo_train.data.augmented import augmented_turns

TURN = {"question": "When does the door open?", "answer": "From 0:00 to 0:06.", "family": "when", "spans": [[0, 6.9]], "absent": False}


def write(path, **changes):
    video = {"clip": "AAAAA", "durationSeconds": 6.9, "events": [], "turns": [{**TURN, **changes}], "source": {}}
    path.write_text(json.dumps(video) + "\n", encoding="utf-8")
    return path


def test_reads_what_damo_augment_writes(tmp_path):
    (turn,) = augmented_turns(write(tmp_path / "qa.jsonl"))
    assert (turn.clip, turn.family, turn.spans, turn.absent) == ("AAAAA", "when", ((0.0, 6.9),), False)


@pytest.mark.parametrize("span", [[0, 7], [-1, 3], [3, 3]])
def test_refuses_a_span_outside_of_its_video(tmp_path, span):
    with pytest.raises(ValueError, match="line 1"):
        list(augmented_turns(write(tmp_path / "qa.jsonl", spans=[span])))
