"""Question families over a timeline, each with several phrasings (ARCHITECTURE section 8).

A turn is (question, answer, family). Times are written with window-slot and offset tokens (docs/bundle.md):
`<w1><t4>` is the fifth half second of the second window read; `TIME<to>TIME` is a span. Answers start with the verdict
token. The families here are the first ones: what appears or sounds, when, in what order, how often, how long, and the
same about things that are not there.
"""

from dataclasses import dataclass

import numpy as np

from .things import SPEECH, Thing, normalise, when_clause
from .timeline import SLOTS_PER_WINDOW, Event, Timeline


@dataclass(frozen=True)
class Turn:
    question: str  # normalised text with time tokens
    answer: str  # text with verdict and time tokens
    family: str
    spans: tuple[tuple[int, int], ...] = ()  # slots, what the answer should point at
    says: tuple[str, ...] = ()  # one of these must stand in the answer, whatever its words otherwise
    names: tuple[str, ...] = ()  # what the answer must name, where the question does not


def time_token(slot: int, end: bool = False) -> str:
    """A slot boundary as tokens. The end of a window belongs to that window (`<t16>`), not to the next one."""
    if end and slot > 0:
        window, offset = divmod(slot - 1, SLOTS_PER_WINDOW)
        return f"<w{window}><t{offset + 1}>"
    window, offset = divmod(slot, SLOTS_PER_WINDOW)
    return f"<w{window}><t{offset}>"


def span_tokens(event: Event) -> str:
    return f"{time_token(event.start)}<to>{time_token(event.end, end=True)}"


TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}


class QuestionWriter:
    def __init__(self, things: list[Thing], rng: np.random.Generator):
        self.things = things
        self.rng = rng

    # -- helpers ------------------------------------------------------------------------------------------------

    def pick(self, *options: str) -> str:
        return str(options[int(self.rng.integers(len(options)))])

    def the(self, thing: Thing) -> str:
        return thing.phrase if thing.name in (SPEECH, "text") else f"the {thing.phrase}"

    def seen_question(self, name: str) -> str:
        the = self.pick("the ", "the ", "a ", "") + name
        return self.pick(
            f"when does {the} appear", f"when does {the} appear", f"when is {the} visible", f"where is {the}",
            f"when can i see {the}", f"when do you see {the}", f"at what time does {the} show up", f"find {the}",
            f"when is there {the}", f"show me {the}", f"when does {the} come in", f"at which second is {the} seen",
        )

    def heard_question(self, thing: Thing) -> str:
        clause = when_clause(thing.caption)
        the = self.pick("the ", "the ", "a ", "") + self.pick(thing.name, thing.phrase)
        if thing.name == SPEECH:
            the, clause = SPEECH, self.pick("does someone speak", "does someone talk", "is somebody speaking", "do people talk")
        options = [
            f"when does {the} sound", f"when is {the} heard", f"when can i hear {the}", f"when do you hear {the}",
            f"at what time is {the} heard", f"where is {the} heard", f"find {the}",
        ]
        if clause:
            options += [f"when {clause}", f"when {clause}", f"at what time {clause}"]
        return normalise(self.pick(*options))

    def statement(self, thing: Thing) -> str:
        if thing.heard:
            return f"{self.the(thing)} is heard"
        return f"{self.the(thing)} appears"

    def occurrences(self, timeline: Timeline, thing: int) -> list[Event]:
        return [event for event in timeline.events if event.thing == thing]

    def when_answer(self, timeline: Timeline, index: int) -> tuple[str, list[Event]]:
        events = self.occurrences(timeline, index)[:3]
        spans = " and again from ".join(span_tokens(event) for event in events)
        return f"<found> {self.statement(self.things[index])} from {spans}", events

    def absent_answer(self, thing: Thing) -> str:
        return f"<absent> {self.the(thing)} is not {'heard' if thing.heard else 'seen'} in this clip"

    def absent_thing(self, timeline: Timeline) -> int | None:
        """A thing that is not there, and shares no word with one that is ("car", "car horn"): the truth must be clear."""
        there = {word for event in timeline.events for word in self.things[event.thing].name.split()}
        for _ in range(30):
            index = int(self.rng.integers(len(self.things)))
            if not there & set(self.things[index].name.split()):
                return index
        return None

    @staticmethod
    def turn(question: str, answer: str, family: str, events: list[Event] = (), says: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Turn:
        return Turn(question, answer, family, tuple((event.start, event.end) for event in events), says, names)

    def names(self, events: list[Event]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.things[event.thing].name for event in events))

    # -- families -----------------------------------------------------------------------------------------------

    def when(self, timeline: Timeline) -> Turn:
        index = timeline.events[int(self.rng.integers(len(timeline.events)))].thing
        thing = self.things[index]
        question = self.heard_question(thing) if thing.heard else self.seen_question(thing.name)
        answer, events = self.when_answer(timeline, index)
        return self.turn(question, answer, "when_heard" if thing.heard else "when_seen", events)

    def absent(self, timeline: Timeline) -> Turn:
        index = self.absent_thing(timeline)
        if index is None:
            return self.when(timeline)
        thing = self.things[index]
        if self.rng.random() < 0.25:
            return Turn(self.is_there_question(thing), self.absent_answer(thing), "absent")
        question = self.heard_question(thing) if thing.heard else self.seen_question(thing.name)
        return Turn(question, self.absent_answer(thing), "absent")

    def is_there_question(self, thing: Thing) -> str:
        a = self.pick("a ", "the ", "any ") + (thing.name if not thing.heard else self.pick(thing.name, thing.phrase))
        if thing.heard:
            return self.pick(f"is {a} heard", f"do you hear {a}", f"can you hear {a}", f"is there {a}")
        return self.pick(f"is there {a}", f"do you see {a}", f"can you see {a}", f"is {a} in the clip")

    def is_there(self, timeline: Timeline) -> Turn:
        index = timeline.events[int(self.rng.integers(len(timeline.events)))].thing
        thing = self.things[index]
        answer, events = self.when_answer(timeline, index)
        return self.turn(self.is_there_question(thing), answer.replace("<found> ", "<found> yes , "), "is_there", events)

    def count(self, timeline: Timeline) -> Turn:
        index = timeline.events[int(self.rng.integers(len(timeline.events)))].thing
        thing, events = self.things[index], self.occurrences(timeline, index)
        if len(events) > 3:
            return self.when(timeline)
        verb = "sound" if thing.heard else "appear"
        question = self.pick(f"how many times does the {thing.name} {verb}", f"how often does the {thing.name} {verb}",
                             f"how often is the {thing.name} {'heard' if thing.heard else 'seen'}")
        spans = " and ".join(span_tokens(event) for event in events)
        return self.turn(question, f"<found> {TIMES[len(events)]} , {spans}", "count", events, says=(TIMES[len(events)],))

    def how_long(self, timeline: Timeline) -> Turn:
        once = [e for e in timeline.events if len(self.occurrences(timeline, e.thing)) == 1]
        if not once:
            return self.when(timeline)
        event = once[int(self.rng.integers(len(once)))]
        thing = self.things[event.thing]
        question = self.pick(f"how long is the {thing.name} {'heard' if thing.heard else 'visible'}",
                             f"how long does the {thing.name} {'sound' if thing.heard else 'stay'}",
                             f"for how many seconds is the {thing.name} {'heard' if thing.heard else 'there'}")
        # The length itself is left to the host, which can subtract: the span is what the model must know.
        return self.turn(question, f"<found> {self.statement(thing)} from {span_tokens(event)}", "how_long", [event])

    def first_or_last(self, timeline: Timeline) -> Turn:
        heard = bool(self.rng.random() < 0.5)
        if len({self.things[e.thing].heard for e in timeline.events}) == 1:
            heard = self.things[timeline.events[0].thing].heard
        events = [e for e in timeline.events if self.things[e.thing].heard == heard]
        first = bool(self.rng.random() < 0.5)
        chosen = min(events, key=lambda e: e.start) if first else max(events, key=lambda e: e.start)
        if sum(e.start == chosen.start for e in events) > 1:
            return self.when(timeline)
        word = "first" if first else "last"
        verb = "heard" if heard else "seen"
        question = self.pick(f"what is {verb} {word}", f"what is the {word} thing {verb}",
                             f"what {'sounds' if heard else 'appears'} {word}")
        thing = self.things[chosen.thing]
        return self.turn(question, f"<found> {self.the(thing)} , from {span_tokens(chosen)}", "first_last", [chosen], names=self.names([chosen]))

    def order(self, timeline: Timeline) -> Turn:
        single = [e for e in timeline.events if len(self.occurrences(timeline, e.thing)) == 1]
        if len(single) < 2:
            return self.when(timeline)
        one, other = (single[int(i)] for i in self.rng.permutation(len(single))[:2])
        if one.start == other.start:
            return self.when(timeline)
        a, b = self.things[one.thing], self.things[other.thing]
        before = bool(self.rng.random() < 0.5)
        question = self.pick(f"is the {a.name} {'before' if before else 'after'} the {b.name}",
                             f"does the {a.name} come {'before' if before else 'after'} the {b.name}")
        yes = (one.start < other.start) == before
        answer = (f"<found> {'yes' if yes else 'no'} , {self.the(a)} is at {span_tokens(one)}"
                  f" and {self.the(b)} at {span_tokens(other)}")
        return self.turn(question, answer, "order", [one, other], says=("yes" if yes else "no, ",))

    def after(self, timeline: Timeline) -> Turn:
        """What comes next after a thing: the event with the nearest later start."""
        single = [e for e in timeline.events if len(self.occurrences(timeline, e.thing)) == 1]
        if not single:
            return self.when(timeline)
        anchor = single[int(self.rng.integers(len(single)))]
        later = sorted({e.start for e in timeline.events if e.start > anchor.start})
        name = self.things[anchor.thing].name
        question = self.pick(f"what comes after the {name}", f"what happens after the {name}", f"what is next after the {name}")
        if not later:
            return Turn(question, f"<absent> nothing new comes after {self.the(self.things[anchor.thing])}", "after")
        following = [e for e in timeline.events if e.start == later[0]]
        if len(following) > 1:
            return self.when(timeline)
        thing = self.things[following[0].thing]
        return self.turn(question, f"<found> {self.the(thing)} , from {span_tokens(following[0])}", "after", following,
                         names=self.names(following))

    def what_at(self, timeline: Timeline) -> Turn:
        slot = int(self.rng.integers(timeline.slots))
        active = [e for e in timeline.events if e.start <= slot < e.end]
        at = time_token(slot)
        question = self.pick(f"what happens at {at}", f"what is there at {at}", f"what is at {at}",
                             f"what do you see and hear at {at}", f"what is going on at {at}")
        if not active:
            return Turn(question, f"<absent> nothing that i know at {at}", "what_at")
        names = " , ".join(self.the(self.things[e.thing]) for e in active[:4])
        return self.turn(question, f"<found> {names} at {at}", "what_at", [Event(0, slot, slot + 1)],
                         names=self.names(active))

    def list_all(self, timeline: Timeline) -> Turn:
        question = self.pick("what happens in this clip", "what is in the clip", "describe the clip", "list the moments",
                             "what do you see and hear", "tell me what happens")
        events = timeline.events[:6]
        answer = "<found> " + " ; ".join(f"{self.things[e.thing].phrase} {span_tokens(e)}" for e in events)
        return self.turn(question, answer, "list", list(events), names=self.names(events))

    def window_list(self, timeline: Timeline) -> Turn:
        """`damo moments` asks this of one window at a time."""
        if not timeline.events:
            return Turn("<list>", "<absent> nothing that i know", "window_list")
        events = timeline.events[:8]
        answer = "<found> " + " ; ".join(f"{self.things[e.thing].phrase} {span_tokens(e)}" for e in events)
        return self.turn("<list>", answer, "window_list", list(events))

    def follow_up(self, timeline: Timeline, previous: Turn) -> Turn | None:
        """Questions that lean on the turn before: `and the bell`, `what comes after that`."""
        if previous.family in ("when_seen", "when_heard", "absent", "is_there") and self.rng.random() < 0.6:
            if self.rng.random() < 0.25:
                missing = self.absent_thing(timeline)
                if missing is None:
                    return None
                thing = self.things[missing]
                return Turn(f"and the {thing.name}", self.absent_answer(thing), "follow_up_absent")
            index = timeline.events[int(self.rng.integers(len(timeline.events)))].thing
            names = [t.name for t in self.things]
            if names.count(self.things[index].name) > 1:
                return None  # `and the bell` would not say whether seen or heard
            answer, events = self.when_answer(timeline, index)
            question = self.pick(f"and the {self.things[index].name}", f"what about the {self.things[index].name}",
                                 f"and when is the {self.things[index].name}")
            return self.turn(question, answer, "follow_up_when", events)
        if len(previous.spans) == 1:
            start = previous.spans[0][0]
            later = sorted({e.start for e in timeline.events if e.start > start})
            question = self.pick("what comes after that", "what happens after that", "and then", "what is next")
            if not later:
                return Turn(question, "<absent> nothing new comes after that", "follow_up_after")
            following = [e for e in timeline.events if e.start == later[0]]
            if len(following) == 1:
                thing = self.things[following[0].thing]
                return self.turn(question, f"<found> {self.the(thing)} , from {span_tokens(following[0])}",
                                 "follow_up_after", following, names=self.names(following))
        return None

    FAMILIES = (("when", 0.34), ("absent", 0.24), ("is_there", 0.07), ("count", 0.05), ("how_long", 0.05),
                ("first_or_last", 0.06), ("order", 0.06), ("after", 0.05), ("what_at", 0.05), ("list_all", 0.03))

    def dialogue(self, timeline: Timeline, turns: int) -> list[Turn]:
        if not timeline.events:
            return [self.absent(timeline) for _ in range(turns)]
        names, odds = zip(*self.FAMILIES, strict=True)
        written: list[Turn] = []
        while len(written) < turns:
            if written and self.rng.random() < 0.3:
                follow = self.follow_up(timeline, written[-1])
                if follow:
                    written.append(follow)
                    continue
            written.append(getattr(self, str(self.rng.choice(names, p=odds)))(timeline))
        return written
