"""Writes tags anew, as a tagger does, with the padding behind them.

usage: retag.py TITLE PADDING FILE...
"""

import sys

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import TIT2
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4

title, padding = sys.argv[1], int(sys.argv[2])
for path in sys.argv[3:]:
    file = mutagen.File(path)
    if isinstance(file, MP3):
        file.tags.add(TIT2(encoding=3, text=title))
    elif isinstance(file, MP4):
        file["\xa9nam"] = title
    else:
        file["title"] = title
    file.save(padding=lambda info: padding)
