#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a scanner, a flood or a busy host does, with real sockets of this namespace.

tries.py ports HOST FIRST COUNT       TCP connections to ports in turn, all at once
tries.py hosts FIRST COUNT PORT       ... to one port of addresses in turn
tries.py datagrams HOST FIRST COUNT   a UDP datagram to each of the ports
tries.py asks FIRST COUNT PORT        a UDP datagram to each address; fails unless all answer
tries.py answers PORT                 answers every UDP datagram, from the address it was sent to
tries.py connections HOST PORT COUNT  TCP connections that are made and closed, one by one
tries.py accepts PORT                 accepts TCP connections and closes what the peer closes
tries.py syns HOST PORT COUNT FIRST   SYN segments of addresses in turn from FIRST, as nobody sends them
tries.py packets HOST PROTOCOL COUNT  IPv4 packets of a protocol by its number
"""
import ipaddress
import socket
import struct
import sys
import threading
import time

IP_PKTINFO = 8


def addresses(first, count):
    start = int(ipaddress.ip_address(first))
    return [str(ipaddress.ip_address(start + i)) for i in range(count)]


def begin(targets):
    """Connects to all at once and waits for what comes of it, a second and a half at most."""
    sockets = []
    for target in targets:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setblocking(False)
        one.connect_ex(target)
        sockets.append(one)
    time.sleep(1.5)
    return sockets


def ports(host, first, count):
    begin([(host, int(first) + i) for i in range(int(count))])


def hosts(first, count, port):
    begin([(host, int(port)) for host in addresses(first, int(count))])


def datagrams(host, first, count):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(int(count)):
        try:
            one.sendto(b"kidos", (host, int(first) + i))
        except ConnectionRefusedError:
            pass


def asks(first, count, port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(2)
    missing = set(addresses(first, int(count)))
    for host in sorted(missing):
        one.sendto(b"kidos?", (host, int(port)))
        missing.discard(one.recvfrom(64)[1][0])
    sys.exit(1 if missing else 0)


def answers(port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    one.bind(("", int(port)))
    while True:
        data, control, _, peer = one.recvmsg(64, 128)
        for level, kind, info in control:
            if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
                asked = info[8:12]
        info = struct.pack("=I4s4s", 0, asked, asked)
        one.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, peer)


def connections(host, port, count):
    for _ in range(int(count)):
        socket.create_connection((host, int(port))).close()


def accepts(port):
    one = socket.create_server(("", int(port)), backlog=1024)

    def drain(peer):
        while peer.recv(65536):
            pass
        peer.close()

    while True:
        threading.Thread(target=drain, args=(one.accept()[0],), daemon=True).start()


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(src, dst, sport, dport):
    head = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 5 << 4, 2, 65535, 0, 0)
    total = checksum(src + dst + struct.pack("!HH", socket.IPPROTO_TCP, len(head)) + head)
    return head[:16] + struct.pack("!H", total) + head[18:]


def syns(host, port, count, first):
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    dst = socket.inet_aton(host)
    start = int(ipaddress.ip_address(first))
    for i in range(int(count)):
        src = struct.pack("!I", start + i)
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0, src, dst)
        one.sendto(packet + syn(src, dst, 1024 + i % 60000, int(port)), (host, 0))


def packets(host, protocol, count):
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol))
    for _ in range(int(count)):
        one.sendto(b"kidos kidos kidos kidos", (host, 0))


if __name__ == "__main__":
    modes = {f.__name__: f for f in (ports, hosts, datagrams, asks, answers, connections, accepts,
                                     syns, packets)}
    if len(sys.argv) < 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    modes[sys.argv[1]](*sys.argv[2:])
