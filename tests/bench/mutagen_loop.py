#!/usr/bin/env python3
"""Reads the tags of every music file below DIR with mutagen, one after the other, and prints files and seconds."""
import json
import os
import sys
import time

import mutagen

start = time.perf_counter()
count = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        found = mutagen.File(os.path.join(folder, name), easy=True)
        if found is None:  # A cover, in which it finds no sound.
            continue
        dict(found.tags or {})
        count += 1
print(json.dumps({"files": count, "seconds": time.perf_counter() - start}))
