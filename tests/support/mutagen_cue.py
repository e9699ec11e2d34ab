"""Puts a cue sheet into files as text, the way players do.

usage: mutagen_cue.py SHEET FILE...
"""

import sys

import mutagen
from mutagen.id3 import ID3, TXXX
from mutagen.mp4 import MP4, MP4FreeForm

sheet = open(sys.argv[1], encoding="utf-8").read()
for path in sys.argv[2:]:
    audio = mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if isinstance(audio, MP4):
        audio["----:com.apple.iTunes:CUESHEET"] = [MP4FreeForm(sheet.encode())]
    elif isinstance(audio.tags, ID3):
        audio.tags.add(TXXX(encoding=3, desc="CUESHEET", text=[sheet]))
    else:
        audio["CUESHEET"] = sheet
    audio.save()
