#!/usr/bin/env python3
"""Looks at one mounted file system as an application does, and prints the measured times as one JSON object.

usage: measure.py ROOT [--tree DIR] [--wide DIR] [--big FILE] [--bare]

DIR and FILE are below ROOT. Before a cold figure the kernel is made to forget names and attributes (needs root), or
the pages of the file (needs no right). On the bare file system (--bare) pages are kept, since they are not what is
compared. Latencies are in microseconds.
"""
import argparse
import json
import os
import random
import time

now = time.perf_counter


def forget_names():
    try:
        with open("/proc/sys/vm/drop_caches", "w") as control:
            control.write("2\n")
    except OSError:
        pass


def spread(seconds):
    ordered = sorted(seconds)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e6, 2)
    return {"p50": at(0.5), "p99": at(0.99)}


def timed(calls):
    """The seconds that each call took."""
    out = []
    for call, argument in calls:
        start = now()
        call(argument)
        out.append(now() - start)
    return out


def walk(top):
    return [os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names]


def measure_walk(top):
    forget_names()
    start = now()
    count = len(walk(top))
    return {"walk_files_per_s": round(count / (now() - start))}


def measure_names(top):
    paths = walk(top)
    random.Random(7).shuffle(paths)
    some = paths[:5000]
    forget_names()
    cold = timed((os.stat, path) for path in some)
    for path in some[:2000]:
        os.stat(path)
    warm = timed((os.stat, path) for _ in range(3) for path in some[:2000])
    handles = []
    opened = timed((lambda path: handles.append(os.open(path, os.O_RDONLY)), path) for path in some[:800])
    for handle in handles:
        os.close(handle)
    return {"stat_cold_us": spread(cold), "stat_warm_us": spread(warm), "open_us": spread(opened)}


def measure_wide(folder):
    forget_names()
    start = now()
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat()
    return {"scandir_stat_ms": round((now() - start) * 1e3, 1)}


def read_through(path):
    """MB/s from the first byte to the last."""
    buffer = bytearray(1 << 20)
    handle = os.open(path, os.O_RDONLY)
    total, start = 0, now()
    while (count := os.readv(handle, [buffer])) > 0:
        total += count
    seconds = now() - start
    os.close(handle)
    return total / 1e6 / seconds


def forget_pages(path):
    handle = os.open(path, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def measure_big(path, bare):
    if not bare:
        forget_pages(path)
    first = read_through(path)
    again = read_through(path)
    if not bare:
        forget_pages(path)
    handle = os.open(path, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)
    size = os.fstat(handle).st_size
    choose = random.Random(11)
    offsets = [choose.randrange(0, size // 4096) * 4096 for _ in range(4000)]
    small = timed((lambda offset: os.pread(handle, 4096, offset), offset) for offset in offsets)
    os.close(handle)
    return {
        "read_first_mb_s": round(first),
        "read_again_mb_s": round(again),
        "read_4k_us": spread(small),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("root")
    parser.add_argument("--tree")
    parser.add_argument("--wide")
    parser.add_argument("--big")
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    at = lambda name: os.path.join(given.root, name)
    figures = {}
    if given.big:
        figures.update(measure_big(at(given.big), given.bare))
    if given.wide:
        figures.update(measure_wide(at(given.wide)))
    if given.tree:
        figures.update(measure_walk(at(given.tree)))
        figures.update(measure_names(at(given.tree)))
    print(json.dumps(figures))


main()
