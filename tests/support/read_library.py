"""Reads a mounted library as players do, each file in a thread of its own, and compares every byte with the originals.

usage: read_library.py MOUNT ORIGINALS SEED

ORIGINALS has the same paths as the mount should have. Prints one JSON document: the paths that a walk finds, size and
mtime of each file, and for each original what came of seeking in it, of reading beyond its end and of reading all of
it: "right", the name of an errno, or what is wrong. "slowest_ms" is the longest that one call took.
"""

import concurrent.futures
import errno
import json
import os
import random
import sys
import time

mount, originals, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
slowest = {}


def timed(name, call, *args):
    begin = time.monotonic()
    try:
        return call(*args)
    finally:
        ms = (time.monotonic() - begin) * 1000
        slowest[name] = max(slowest.get(name, 0), round(ms))


def walk(top):
    def fail(error):
        raise error

    found = []
    for directory, _, names in os.walk(top, onerror=fail):
        found += [os.path.relpath(os.path.join(directory, name), top) for name in names]
    return sorted(found)


def outcome(work):
    try:
        wrong = work()
        return "right" if wrong is None else wrong
    except OSError as error:
        return errno.errorcode[error.errno]


def compare(fd, expected, offset, length):
    end = offset + length
    # A read that fails in its middle gives what comes before that.
    while offset < end:
        given = timed("read", os.pread, fd, end - offset, offset)
        if given == b"" or given != expected[offset : offset + len(given)]:
            return f"WRONG bytes at {offset}: {len(given)} of {end - offset}"
        offset += len(given)
    return None


def seek(fd, expected, numbers):
    size = len(expected)
    places = [(max(0, size - 128), 128), (size - 1, 1), (0, 16)]
    for _ in range(12):
        offset = numbers.randrange(size)
        places.append((offset, min(numbers.choice([1, 4096, 70_000, 300_000]), size - offset)))
    for offset, length in places:
        wrong = compare(fd, expected, offset, length)
        if wrong is not None:
            return wrong
    return None


def read_all(fd, expected):
    offset = 0
    while offset < len(expected):
        wrong = compare(fd, expected, offset, min(128 * 1024, len(expected) - offset))
        if wrong is not None:
            return wrong
        offset += 128 * 1024
    return None


def beyond(fd, expected):
    for offset in (len(expected), len(expected) + 5_000_000):
        if timed("read", os.pread, fd, 4096, offset) != b"":
            return "WRONG bytes beyond the end"
    return None


def look(path):
    with open(os.path.join(originals, path), "rb") as file:
        expected = file.read()
    numbers = random.Random(f"{seed} {path}")
    try:
        fd = timed("open", os.open, os.path.join(mount, path), os.O_RDONLY)
    except OSError as error:
        name = errno.errorcode[error.errno]
        return {"seek": name, "beyond": name, "whole": name}
    # What another reader left in memory is no answer of the mount.
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    try:
        return {
            "seek": outcome(lambda: seek(fd, expected, numbers)),
            "beyond": outcome(lambda: beyond(fd, expected)),
            "whole": outcome(lambda: read_all(fd, expected)),
        }
    finally:
        os.close(fd)


paths = timed("readdir", walk, mount)
stats = {}
for path in paths:
    found = timed("stat", os.stat, os.path.join(mount, path))
    stats[path] = [found.st_size, found.st_mtime_ns]
wanted = walk(originals)
with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
    files = dict(zip(wanted, pool.map(look, wanted)))
print(json.dumps({"paths": paths, "stats": stats, "files": files, "slowest_ms": slowest}))
