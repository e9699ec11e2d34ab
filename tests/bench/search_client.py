#!/usr/bin/env python3
"""Looks at a mount beside searches, and at what it finds, and prints the measured times as JSON.

usage: search_client.py stats ROOT    stats tracks, about one a ms, from when it has printed "ready" until its input ends;
                                      prints p50 and p99 in microseconds
       search_client.py lists DIR NAME...    lists each directory once; prints the number of names of each, the ms to the
                                             first one and the ms to the last

What is stat'ed is new to the kernel (needs root): the mount answers.
"""
import json
import os
import random
import select
import sys
import time

PATHS = 10_000
now = time.perf_counter


def forget_names():
    try:
        with open("/proc/sys/vm/drop_caches", "w") as control:
            control.write("2\n")
    except OSError:
        pass


def some_tracks(root):
    """Tracks of albums by chance."""
    choose = random.Random(7)
    listed = {}
    paths, albums = [], set()
    for _ in range(PATHS):
        path = root
        while os.path.isdir(path):
            if path not in listed:
                listed[path] = sorted(os.listdir(path))
            above, path = path, os.path.join(path, choose.choice(listed[path]))
        if above not in albums:
            albums.add(above)
            paths += [os.path.join(above, name) for name in listed[above]]
        if len(paths) >= PATHS:
            break
    choose.shuffle(paths)
    return paths


def stats(root):
    paths = some_tracks(root)
    forget_names()
    print("ready", flush=True)
    took, at = [], 0
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        if at == len(paths):
            forget_names()
            at = 0
        start = now()
        os.stat(paths[at])
        took.append(now() - start)
        at += 1
    took.sort()
    of = lambda share: round(took[min(len(took) - 1, int(len(took) * share))] * 1e6, 2)
    print(json.dumps({"count": len(took), "p50": of(0.5), "p99": of(0.99)}))


def lists(directory, *names):
    listings = []
    for name in names:
        start = now()
        first, count = None, 0
        with os.scandir(os.path.join(directory, name)) as entries:
            for _ in entries:
                first = first or now()
                count += 1
        ms = (now() - start) * 1e3
        listings.append({"count": count, "first_ms": ((first or now()) - start) * 1e3, "ms": ms})
    print(json.dumps(listings))


{"stats": stats, "lists": lists}[sys.argv[1]](*sys.argv[2:])
