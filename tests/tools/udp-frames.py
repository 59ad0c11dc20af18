#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""udp-frames IFACE DST-MAC COUNT [--rate PPS] [--src A] [--dst A] [--port N] [--ttl N] [--bad-sum]

Sends COUNT UDP datagrams over IPv4 or IPv6 as Ethernet frames; fails unless all were taken."""
import argparse
import socket
import struct
import time


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def build(options):
    v6 = ":" in options.src
    family = socket.AF_INET6 if v6 else socket.AF_INET
    src, dst = (socket.inet_pton(family, a) for a in (options.src, options.dst))
    payload = b"kidos" * 4
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", 4000, options.port, length, 0) + payload
    pseudo = src + dst + (struct.pack("!II", length, 17) if v6 else struct.pack("!BBH", 0, 17, length))
    total = checksum(pseudo + udp) ^ (0x5555 if options.bad_sum else 0)
    udp = udp[:6] + struct.pack("!H", total) + udp[8:]
    if v6:
        return 0x86DD, struct.pack("!IHBB", 6 << 28, length, 17, options.ttl) + src + dst + udp
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, options.ttl, 17, 0) + src + dst
    return 0x0800, header[:10] + struct.pack("!H", checksum(header)) + header[12:] + udp


parser = argparse.ArgumentParser()
parser.add_argument("interface")
parser.add_argument("mac")
parser.add_argument("count", type=int)
parser.add_argument("--rate", type=float, default=2000)
parser.add_argument("--src", default="10.9.0.1")
parser.add_argument("--dst", default="10.9.0.2")
parser.add_argument("--port", type=int, default=9)
parser.add_argument("--ttl", type=int, default=64)
parser.add_argument("--bad-sum", action="store_true")
arguments = parser.parse_args()
ethertype, packet = build(arguments)
frame = bytes.fromhex(arguments.mac.replace(":", "")) + b"\2\0\0\0\0\1" + struct.pack("!H", ethertype) + packet
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((arguments.interface, 0))
start = time.monotonic()
for sent in range(arguments.count):
    if arguments.rate:
        time.sleep(max(0, start + sent / arguments.rate - time.monotonic()))
    link.send(frame)
