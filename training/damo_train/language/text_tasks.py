"""T3's textual tasks that no clip of the theatre is about (arXiv 2410.06166): how an attribute changes, and how two events lie
to each other. They are told of timelines alone, in soft words, while the language model is pretrained (stages/language.py).
"""

import numpy as np

from .questions import QuestionWriter, Turn, span_tokens
from .things import Thing
from .timeline import Event, Timeline, merge_touching, random_timeline

ATTRIBUTES = {"black", "blue", "brown", "green", "orange", "purple", "red", "white", "yellow", "open", "closed", "full", "half", "new"}


def variants(things: list[Thing]) -> dict[str, list[tuple[str, int]]]:
    """What differs in one attribute: "circle" -> [("red", index of "red circle"), ("blue", ...), ...]."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for index, thing in enumerate(things):
        attribute, _, noun = thing.name.partition(" ")
        if not thing.heard and attribute in ATTRIBUTES and noun:
            groups.setdefault(noun, []).append((attribute, index))
    return {noun: found for noun, found in groups.items() if len(found) > 1}


class TextTasks:
    def __init__(self, things: list[Thing], rng: np.random.Generator):
        self.things, self.rng = things, rng
        self.writer = QuestionWriter(things, rng)
        self.groups = variants(things)

    def draw(self, longest: int) -> tuple[Timeline, list[Turn]] | None:
        """A timeline of up to `longest` windows and questions about it; None where it offers none."""
        timeline = random_timeline(self.rng, self.things, max_windows=longest)
        if self.groups and self.rng.random() < 0.5:
            return self.attribute_change(timeline)
        turns = [turn for turn in (self.relation(timeline) for _ in range(3)) if turn]
        return (timeline, turns) if turns else None

    def attribute_change(self, timeline: Timeline) -> tuple[Timeline, list[Turn]] | None:
        """One thing of a kind, which becomes another of its kind in mid-time, or, one time in four, stays as it is."""
        if timeline.slots < 4:
            return None
        rng, nouns = self.rng, list(self.groups)
        noun = nouns[int(rng.integers(len(nouns)))]
        found = self.groups[noun]
        (before, one), (after, other) = (found[int(k)] for k in rng.permutation(len(found))[:2])
        start = int(rng.integers(0, timeline.slots - 3))
        change = int(rng.integers(start + 1, timeline.slots - 1))
        end = int(rng.integers(change + 1, timeline.slots + 1))
        changes = rng.random() < 0.75
        own = {index for _, index in found}
        shown = [Event(one, start, change), Event(other, change, end)] if changes else [Event(one, start, end)]
        rest = [event for event in timeline.events if event.thing not in own]
        timeline = Timeline(timeline.windows, timeline.slots, tuple(merge_touching([*rest, *shown])))
        question = self.writer.pick(f"how does the {noun} change", f"what does the {before} {noun} turn into", f"when does the {noun} change",
                                    f"what becomes of the {before} {noun}")
        if not changes:
            return timeline, [Turn(question, f"<absent> the {noun} does not change", "attribute_change")]
        answer = f"<found> from {before} to {after} , the {after} {noun} from {span_tokens(shown[1])}"
        return timeline, [self.writer.turn(question, answer, "attribute_change", [shown[1]])]

    def relation(self, timeline: Timeline) -> Turn | None:
        """Is one there while the other is? Of things that are there once."""
        single = [event for event in timeline.events if len(self.writer.occurrences(timeline, event.thing)) == 1]
        if len(single) < 2:
            return None
        one, other = (single[int(k)] for k in self.rng.permutation(len(single))[:2])
        a, b = self.things[one.thing], self.things[other.thing]
        verb = "heard" if a.heard else "there"
        question = self.writer.pick(f"is the {a.name} {verb} while the {b.name} is {'heard' if b.heard else 'there'}",
                                    f"is the {a.name} {verb} during the {b.name}", f"are the {a.name} and the {b.name} there at the same time")
        both = Event(one.thing, max(one.start, other.start), min(one.end, other.end))
        if both.start < both.end:
            return self.writer.turn(question, f"<found> yes , both from {span_tokens(both)}", "relation", [both], says=("yes",))
        answer = f"<found> no , {self.writer.the(a)} is at {span_tokens(one)} and {self.writer.the(b)} at {span_tokens(other)}"
        return self.writer.turn(question, answer, "relation", [one, other], says=("no, ",))
