"""The things damo-mini has words for: labels of the training photos, cut-outs and sounds.

A thing is what a timeline event is about: one label, seen or heard. The indexes of ../shared/training-data give the
labels and, for sounds, a sentence ("a dog barks") from which questions get their verb.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

NOT_THINGS = {"scene", "background"}
SPEECH = "speech"

# Words for the state of the screen, drawn by the theatre itself.
SCREEN_THINGS = ("black screen", "white screen", "text")


@dataclass(frozen=True)
class Thing:
    name: str
    heard: bool
    caption: str = ""  # sounds: "a dog barks"

    @property
    def phrase(self) -> str:
        """What the language model calls it: sounds carry the word `sound`."""
        return f"{self.name} sound" if self.heard and self.name != SPEECH else self.name


def base_form(verb: str) -> str:
    """rings -> ring, flies -> fly, crashes -> crash, goes -> go."""
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if re.search(r"(sh|ch|x|ss|zz|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def when_clause(caption: str) -> str | None:
    """`a dog barks` -> `does the dog bark`; `a drum is hit` -> `is the drum hit`; `birds sing` -> `do birds sing`."""
    words = re.sub(r"[^a-z' -]", "", caption.lower()).replace("-", " ").split()
    if len(words) < 2:
        return None
    if words[0] in ("a", "an", "the", "someone", "something"):
        subject_end = 1 if words[0] in ("someone", "something") else 2
        # noun phrases of more than one word: go on until a word that looks like a verb
        while subject_end < len(words) - 1 and not (words[subject_end].endswith("s") or words[subject_end] == "is"):
            subject_end += 1
        subject = " ".join(words[:subject_end])
        subject = re.sub(r"^(a|an) ", "the ", subject)
        verb, rest = words[subject_end], words[subject_end + 1 :]
        if verb == "is":
            return " ".join(["is", subject, *rest])
        return " ".join(["does", subject, base_form(verb), *rest])
    if not words[0].endswith("s") and words[0] != "people":
        return None
    return " ".join(["do", *words])


def normalise(text: str) -> str:
    """As the host does (docs/bundle.md): lower case, everything but a-z, 0-9 and ' becomes one space."""
    return re.sub(r"[^a-z0-9']+", " ", text.lower()).strip()


def load_things(training_data: Path) -> list[Thing]:
    """Things in a stable order (index = label id). Digits spoken aloud all count as speech."""
    seen: set[str] = set()
    for part in ("photos", "cutouts"):
        with open(training_data / part / "index.jsonl", encoding="utf-8") as lines:
            seen.update(json.loads(line)["label"] for line in lines)
    heard: dict[str, str] = {SPEECH: "someone speaks"}
    with open(training_data / "sounds" / "index.jsonl", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            if not item["label"].startswith("spoken "):
                heard.setdefault(item["label"], item["caption"])
    seen = {normalise(name) for name in seen - NOT_THINGS} | set(SCREEN_THINGS)
    things = [Thing(name, heard=False) for name in sorted(seen)]
    things += [Thing(normalise(name), True, caption) for name, caption in sorted(heard.items())]
    return things


def known_things(training_data: Path, least_seen: int = 6, least_heard: int = 5) -> list[Thing]:
    """The things a bundle claims: those with enough different training items to be recognised again elsewhere.

    The language model has words for all of `load_things`; what is seen or heard is trained, and promised, for these.
    """
    counts: dict[tuple[str, bool], int] = {(SPEECH, True): least_heard}
    for part, heard in (("photos", False), ("cutouts", False), ("sounds", True)):
        with open(training_data / part / "index.jsonl", encoding="utf-8") as lines:
            for item in map(json.loads, lines):
                if item["split"] == "train":
                    key = (normalise(item["label"]), heard)
                    counts[key] = counts.get(key, 0) + 1
    counts |= {(name, False): least_seen for name in SCREEN_THINGS}
    return [thing for thing in load_things(training_data)
            if counts.get((thing.name, thing.heard), 0) >= (least_heard if thing.heard else least_seen)]


def demo_things() -> list[Thing]:
    """A handful of things that need no data on disk: for tests and the smoke run."""
    sounds = {"bell": "a bell rings", "dog bark": "a dog barks", "rain": "rain falls", SPEECH: "someone speaks"}
    return [Thing(name, False) for name in ("ball", "car", "cat", "cup", "dog", "tree", "red flag", "umbrella")] + [
        Thing(name, True, caption) for name, caption in sounds.items()
    ]
