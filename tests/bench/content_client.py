#!/usr/bin/env python3
"""Reads files of a mount as applications do, and prints the measured times as one JSON object.

usage: content_client.py through FILE                       one file from its first byte to its last
       content_client.py first FILE...                      the first byte of each, one after the other
       content_client.py small FILE                         4 KiB at random places
       content_client.py beside PID FILE                    the same, on one CPU with all threads of a process
       content_client.py touch BYTES                        takes this much memory, and gives it back
       content_client.py readers EVERY_MS BLOCKS FILE...    one process for each file
       content_client.py hold EVERY_MS BLOCKS COUNT FILE... the same, while the COUNT last files stay open

A reader reads BLOCKS blocks of 128 KiB in sequence, one every EVERY_MS as a player does, or one after the other when
EVERY_MS is 0. Readers begin at different moments. A late read does not delay the time at which the next one is due.
Latencies are in microseconds.
"""
import json
import os
import random
import resource
import struct
import sys
import time

BLOCK = 128 * 1024
now = time.perf_counter


def spread(seconds):
    ordered = sorted(seconds)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e6, 2)
    return {"p50": at(0.5), "p99": at(0.99)}


def through(path):
    buffer = bytearray(1 << 20)
    start = now()
    handle = os.open(path, os.O_RDONLY)
    total = 0
    while (count := os.readv(handle, [buffer])) > 0:
        total += count
    seconds = now() - start
    os.close(handle)
    if total != os.stat(path).st_size:
        raise SystemExit("%s: %d bytes" % (path, total))
    return {"mb_s": round(total / 1e6 / seconds, 1)}


def first(*paths):
    took = []
    for path in paths:
        os.stat(path)
        start = now()
        handle = os.open(path, os.O_RDONLY)
        os.pread(handle, 1, 0)
        took.append(now() - start)
        os.close(handle)
    return spread(took)


def small(path):
    handle = os.open(path, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)
    choose = random.Random(11)
    pages = os.fstat(handle).st_size // 4096
    took = []
    for _ in range(20000):
        offset = choose.randrange(pages) * 4096
        start = now()
        os.pread(handle, 4096, offset)
        took.append(now() - start)
    os.close(handle)
    return spread(took)


def beside(pid, path):
    """Excludes the 3 to 25 us that a virtual machine needs to wake another of its CPUs."""
    cpu = {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(0, cpu)
    for thread in os.listdir("/proc/%s/task" % pid):
        os.sched_setaffinity(int(thread), cpu)
    return small(path)


def touch(count):
    memory = bytearray(int(count))
    for at in range(0, len(memory), 4096):
        memory[at] = 1


def read_blocks(path, every, blocks, begin):
    buffer = bytearray(BLOCK)
    took = []
    handle = os.open(path, os.O_RDONLY)
    for block in range(blocks):
        due = begin + block * every
        if (wait := due - now()) > 0:
            time.sleep(wait)
        start = now()
        if os.preadv(handle, [buffer], block * BLOCK) != BLOCK:
            raise SystemExit("%s is too short" % path)
        took.append(now() - start)
    os.close(handle)
    return took


def readers(every_ms, blocks, *paths):
    every, blocks = int(every_ms) / 1000, int(blocks)
    # perf_counter is the same clock in all processes.
    begin = now() + 1
    pipes = []
    for number, path in enumerate(paths):
        at = begin + every * number / len(paths)
        reading, writing = os.pipe()
        if os.fork() == 0:
            took = read_blocks(path, every, blocks, at)
            with os.fdopen(writing, "wb") as out:
                out.write(struct.pack("%dd" % len(took), *took))
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    took = []
    for reading in pipes:
        with os.fdopen(reading, "rb") as source:
            data = source.read()
        took.extend(struct.unpack("%dd" % (len(data) // 8), data))
        os.wait()
    if len(took) != blocks * len(paths):
        raise SystemExit("%d reads of %d" % (len(took), blocks * len(paths)))
    return spread(took)


def hold(every_ms, blocks, count, *paths):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    held = [os.open(path, os.O_RDONLY) for path in paths[-int(count):]]
    read = sum(len(os.pread(handle, 100, 0)) == 100 for handle in held)
    return {"open": len(held), "read": read, **readers(every_ms, blocks, *paths[: -int(count)])}


COMMANDS = {
    "through": through,
    "first": first,
    "small": small,
    "beside": beside,
    "touch": touch,
    "readers": readers,
    "hold": hold,
}
print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
