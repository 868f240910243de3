"""The words that the vision encoder is taught: labels of photos and cut-outs, COCO's words, and broader words over them.

A thing seen also counts as its broader words (soccer ball: ball; police car: car; girl: person; dog: animal), so that
what is rare under one name is common under another.
"""

import re
from collections.abc import Iterable

COCO_WORDS = {
    "cell phone": "mobile phone",
    "dining table": "table",
    "couch": "sofa",
    "tv": "television",
    "sports ball": "ball",
    "hair drier": "hair dryer",
    "carrot": "carrots",
    "mouse": "computer mouse",
}
NOT_THINGS = {"scene", "background"}
TEXT = "text"
SCREEN_WORDS = (TEXT, "black screen", "white screen", "drawing", "screen recording")
BROADER = {
    "animal": "bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe",
    "vehicle": "bicycle,car,motorcycle,airplane,bus,train,truck,boat",
    "food": "banana,apple,sandwich,orange,broccoli,carrots,hot dog,pizza,donut,cake",
    "bird": "rooster,pigeon,flamingo,flamingo head,ibis,emu,chicken,penguin,duck,eagle,owl,parrot,turkey,swan,dove,peacock",
    "boat": "sailboat,sailing ship,ferry,speedboat,canoe,ship,motor boat",
    "truck": "delivery truck,lorry,pickup truck,fire engine",
    "flower": "sunflower,lotus flower,water lily,daisy,rose,tulip,hibiscus,cherry blossom,bouquet,blossom",
    "ball": "soccer ball,basketball,baseball,volleyball,tennis ball,american football,rugby ball,tennis,softball",
    "person": "man,woman,boy,girl,baby,old man,old woman,family,police officer,construction worker,princess,santa claus",
    "cup": "cup of tea,mug,coffee,hot drink",
    "potted plant": "bonsai tree,cactus",
}
COARSE_GROUPS = {"animal", "food", "vehicle", "person", "clothing", "music", "plant", "place", "face", "hand", "symbol", "nature"}


def normalise(text: str) -> str:
    """As the host does (docs/bundle.md): lower case, everything but a-z, 0-9 and ' becomes one space."""
    return re.sub(r"[^a-z0-9']+", " ", text.lower()).strip()


def coco_word(word: str) -> str:
    return COCO_WORDS.get(word, word)


class Words:
    """Every word with its index, and for each word the indexes that it switches on (itself and its broader words)."""

    def __init__(self, labelled: Iterable[tuple[str, str]], coco: Iterable[str]):
        groups = {normalise(label): group for label, group in labelled if label not in NOT_THINGS}
        known = set(groups) | {coco_word(word) for word in coco} | set(SCREEN_WORDS) | set(BROADER)
        self.names = sorted(known | {f"any {group}" for group in COARSE_GROUPS})
        self.index = {name: place for place, name in enumerate(self.names)}
        self.implied: list[list[int]] = []
        for name in self.names:
            found, todo = set(), [name]
            while todo:
                word = todo.pop()
                if word in found:
                    continue
                found.add(word)
                last = word.split(" ")[-1]
                if last != word and last in known and not word.startswith("any "):
                    todo.append(last)
                todo += [wide for wide, narrow in BROADER.items() if word in narrow.split(",")]
                group = groups.get(word, word)
                if group in COARSE_GROUPS:
                    todo.append(f"any {group}")
                if group == "person":
                    todo.append("person")
            self.implied.append(sorted(self.index[word] for word in found))

    def __len__(self) -> int:
        return len(self.names)
