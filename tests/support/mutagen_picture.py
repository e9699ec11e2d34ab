"""Puts a picture into files as their front cover.

usage: mutagen_picture.py PICTURE FILE...
"""

import base64
import struct
import sys

import mutagen
from mutagen.apev2 import APEValue, BINARY, APEv2File
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggvorbis import OggVorbis

data = open(sys.argv[1], "rb").read()
for path in sys.argv[2:]:
    # With a picture that moves beside the sound, it would take the file for a film.
    audio = OggVorbis(path) if path.endswith("vorbis.ogg") else mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if isinstance(audio, FLAC) or path.endswith((".ogg", ".opus")):
        picture = Picture()
        picture.data, picture.type, picture.mime, picture.desc = data, 3, "image/jpeg", "front"
        if isinstance(audio, FLAC):
            audio.add_picture(picture)
        else:
            audio["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    elif isinstance(audio, MP4):
        audio["covr"] = [MP4Cover(data, MP4Cover.FORMAT_JPEG)]
    elif isinstance(audio.tags, ID3):
        audio.tags.add(APIC(encoding=1, mime="image/jpeg", type=3, desc="front \u66f2", data=data))
    elif isinstance(audio, ASF):
        head = struct.pack("<bI", 3, len(data))
        text = "image/jpeg\0front\0".encode("utf-16-le")
        audio["WM/Picture"] = [ASFByteArrayAttribute(head + text + data)]
    elif isinstance(audio, APEv2File):
        audio["Cover Art (Front)"] = APEValue(b"cover.jpg\0" + data, BINARY)
    audio.save()
