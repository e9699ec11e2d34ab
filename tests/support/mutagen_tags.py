"""Writes tags with mutagen, and says what mutagen reads. Standard input and output are JSON.

    mutagen_tags.py write    [{"path", "fields": {name: [values]}}, ...]
    mutagen_tags.py read     ["path", ...]  ->  [{name: [values]}, ...]
"""

import json
import sys

import mutagen
from mutagen.apev2 import APEv2File
from mutagen.asf import ASF
from mutagen.id3 import Frames, ID3
from mutagen.mp4 import MP4

ID3_NAMES = {
    "title": "TIT2", "artist": "TPE1", "albumartist": "TPE2", "album": "TALB", "composer": "TCOM",
    "genre": "TCON", "date": "TDRC", "track": "TRCK", "disc": "TPOS", "label": "TPUB", "conductor": "TPE3",
}
MP4_NAMES = {
    "title": "\xa9nam", "artist": "\xa9ART", "albumartist": "aART", "album": "\xa9alb", "composer": "\xa9wrt",
    "genre": "\xa9gen", "date": "\xa9day", "label": "----:com.apple.iTunes:LABEL",
    "conductor": "----:com.apple.iTunes:CONDUCTOR",
}
ASF_NAMES = {
    "title": "Title", "artist": "Author", "albumartist": "WM/AlbumArtist", "album": "WM/AlbumTitle",
    "composer": "WM/Composer", "genre": "WM/Genre", "date": "WM/Year", "track": "WM/TrackNumber",
    "disc": "WM/PartOfSet", "label": "WM/Publisher", "conductor": "WM/Conductor",
}
APE_NAMES = {
    "title": "Title", "artist": "Artist", "albumartist": "Album Artist", "album": "Album", "composer": "Composer",
    "genre": "Genre", "date": "Year", "track": "Track", "disc": "Disc", "label": "Label", "conductor": "Conductor",
}
VORBIS_NAMES = {
    "title": "title", "artist": "artist", "albumartist": "albumartist", "album": "album", "composer": "composer",
    "genre": "genre", "date": "date", "track": "tracknumber", "disc": "discnumber", "label": "label",
    "conductor": "conductor",
}
NUMBERS = {"track": "trkn", "disc": "disk"}


def pair(text):
    number, _, total = text.partition("/")
    return int(number), int(total or 0)


def write(path, fields, version):
    audio = mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    tags = audio.tags
    for name, values in fields.items():
        if isinstance(tags, ID3):
            tags.add(Frames[ID3_NAMES[name]](encoding=3, text=values))
        elif isinstance(audio, MP4):
            if name in NUMBERS:
                tags[NUMBERS[name]] = [pair(values[0])]
            else:
                key = MP4_NAMES[name]
                tags[key] = [v.encode() for v in values] if key.startswith("----") else values
        elif isinstance(audio, ASF):
            tags[ASF_NAMES[name]] = values
        elif isinstance(audio, APEv2File):
            tags[APE_NAMES[name]] = values
        else:
            tags[VORBIS_NAMES[name]] = values
    if isinstance(tags, ID3):
        if version == 3:
            tags.update_to_v23()
        audio.save(v2_version=version)
    else:
        audio.save()


def read(path):
    audio = mutagen.File(path)
    tags = None if audio is None else audio.tags
    if path.endswith(".mp3"):
        # It would add what an ID3v1 tag says that is of something else.
        tags = ID3(path, load_v1=False)
    found = {}
    if tags is None:
        return found
    if isinstance(tags, ID3):
        for name, key in ID3_NAMES.items():
            frames = tags.getall(key)
            if frames:
                values = frames[0].genres if key == "TCON" else frames[0].text
                found[name] = [str(value) for value in values]
    elif isinstance(audio, MP4):
        for name, key in MP4_NAMES.items():
            if key in tags:
                found[name] = [v.decode() if isinstance(v, bytes) else str(v) for v in tags[key]]
        for name, key in NUMBERS.items():
            if key in tags:
                number, total = tags[key][0]
                found[name] = ["%d/%d" % (number, total) if total else str(number)]
    else:
        names = ASF_NAMES if isinstance(audio, ASF) else (
            APE_NAMES if isinstance(audio, APEv2File) else VORBIS_NAMES)
        for name, key in names.items():
            if key in tags:
                values = tags[key]
                found[name] = [str(value) for value in (values if isinstance(values, list) else list(values))]
    return found


given = json.load(sys.stdin)
if sys.argv[1] == "write":
    for case in given:
        write(case["path"], case["fields"], case.get("version", 4))
else:
    answers = []
    for path in given:
        try:
            answers.append(read(path))
        except Exception as error:
            answers.append({"error": [repr(error)]})
    json.dump(answers, sys.stdout)
