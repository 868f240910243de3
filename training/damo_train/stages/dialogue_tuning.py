"""Stage 4, dialogue tuning (MODEL row 13): dialogues in which later turns lean on earlier ones."""

from .tuning import tune

TURNS = (2, 6)


def run(*network_and_clips, **options) -> dict:
    """As `tuning.tune`, of dialogues."""
    return tune(4, TURNS, *network_and_clips, **options)
