"""The clip theatre: seeded clips with exact event times (MODEL section 3).

scenery.py draws frames, soundtrack.py mixes sounds, stage.py renders a library of frames and tracks once through the
frozen encoders, playbill.py composes training clips from that library in feature space, and clips.py writes real mp4
files for evaluation. All of them speak in timelines (language/timeline.py).
"""
