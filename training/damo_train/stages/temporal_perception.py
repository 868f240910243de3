"""Stage 3, temporal perception learning (MODEL row 12): questions whose answers carry times, each as a conversation of its own,
now and then with one that leans on it."""

from .tuning import tune

TURNS = (1, 2)


def run(*network_and_clips, **options) -> dict:
    """As `tuning.tune`, of single questions."""
    return tune(3, TURNS, *network_and_clips, **options)
