#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Frames with random bytes and lengths, the same for the same seed.

random_frames.py send INTERFACE COUNT SEED
random_frames.py check CAPTURE COUNT SEED SNAP: are they in the pcap file, in this order, and no
    others, each cut at SNAP bytes and with its own length?
"""
import os
import random
import socket
import struct
import sys
import time

# A veth's ring has room for 256, and a socket on a small host for as many.
BURST = 100
PAUSE = 0.02 * float(os.environ.get("KIDOS_SLOW", 1))


def frames(count, seed):
    chance = random.Random(seed)
    for number in range(count):
        payload = chance.randbytes(chance.randrange(18, 1472))
        udp = struct.pack("!HHHH", 1024 + number % 512, 4739, 8 + len(payload), 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0,
                         bytes([10, 0, 0, 1 + number % 4]), bytes([198, 19, 0, 1]))
        yield bytes.fromhex("020000000099020000000001" "0800") + ip + udp


def send(interface, count, seed):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        for number, frame in enumerate(frames(count, seed)):
            if number and number % BURST == 0:
                time.sleep(PAUSE)
            out.send(frame)


def records(name):
    with open(name, "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        captured, length = struct.unpack_from("=II", data, at + 8)
        yield data[at + 16:at + 16 + captured], length
        at += 16 + captured


def check(name, count, seed, snap):
    got = list(records(name))
    wanted = [(frame[:snap], len(frame)) for frame in frames(count, seed)]
    if len(got) != len(wanted):
        sys.exit(f"{len(got)} packets, not {len(wanted)}")
    for number, (one, other) in enumerate(zip(got, wanted)):
        if one != other:
            sys.exit(f"packet {number}: {one[1]} and {other[1]} bytes, or others")


if sys.argv[1] == "send":
    send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    check(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
