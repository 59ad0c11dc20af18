#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TCP connections by processes of any name.

  talk.py serve PORT                     sends back what it gets
  talk.py talk NAME HOST PORT SPORT      connects from SPORT under a name of its own, with \\xNN
                                         understood; then sends each line of its input, and
                                         prints what comes back. Its end is a reset, so that
                                         others can have the same ports at once.
"""
import codecs
import ctypes
import socket
import struct
import sys
import threading


def stream():
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return end


def echo(end):
    with end:
        try:
            while data := end.recv(4096):
                end.sendall(data)
        except ConnectionResetError:
            pass


def serve(port):
    with stream() as server:
        server.bind(("", int(port)))
        server.listen()
        while True:
            threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()


def talk(name, host, port, sport):
    ctypes.CDLL(None).prctl(15, codecs.escape_decode(name)[0], 0, 0, 0)  # PR_SET_NAME
    with stream() as end:
        end.bind(("", int(sport)))
        end.connect((host, int(port)))
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        print("connected", flush=True)
        for line in sys.stdin:
            end.sendall(line.encode())
            print(end.recv(4096).decode(), end="", flush=True)


globals()[sys.argv[1]](*sys.argv[2:])
