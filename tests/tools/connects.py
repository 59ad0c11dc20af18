#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connects in many ways, under a name of its own: connects.py NAME COMMAND ARGUMENTS

NAME is that of the process, with \\n and \\xNN understood.
  refused COUNT HOST PORT   blocking connects, one after the other
  names COUNT HOST PORT     one connect under each of NAME0, NAME1, ...
  forks COUNT HOST PORT     as many processes, each with one connect
  block COUNT HOST PORT     as many threads in blocking connects at once
  later COUNT HOST PORT     non-blocking connects at once, waited for
  spread COUNT              connects to as many addresses of 198.18.0.0/15
  send COUNT HOST PORT      datagrams of one unconnected socket
  unix PATH                 a connect to a Unix socket
  abandon HOST PORT         a non-blocking connect, closed at once
  listen PORT               listens, until it is killed
Failures of connect() are what is wanted, and no error.
"""
import codecs
import ctypes
import os
import select
import socket
import sys
import threading


def call_me(name):
    ctypes.CDLL(None).prctl(15, name, 0, 0, 0)  # PR_SET_NAME


def stream(host):
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)


def connect(host, port):
    with stream(host) as end:
        end.connect_ex((host, port))


def refused(name, count, host, port):
    for _ in range(int(count)):
        connect(host, int(port))


def names(name, count, host, port):
    for number in range(int(count)):
        call_me(name + str(number).encode())
        connect(host, int(port))


def forks(name, count, host, port):
    for start in range(0, int(count), 50):
        children = []
        for _ in range(min(50, int(count) - start)):
            child = os.fork()
            if not child:
                connect(host, int(port))
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)


def block(name, count, host, port):
    threading.stack_size(65536)
    threads = [threading.Thread(target=connect, args=(host, int(port))) for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def later(name, count, host, port):
    ends = [stream(host) for _ in range(int(count))]
    poll = select.poll()
    for end in ends:
        end.setblocking(False)
        end.connect_ex((host, int(port)))
        poll.register(end, select.POLLOUT)
    waiting = len(ends)
    while waiting:
        for fd, _ in poll.poll():
            poll.unregister(fd)
            waiting -= 1
    for end in ends:
        end.close()


def spread(name, count):
    for number in range(int(count)):
        with stream("") as end:
            end.setblocking(False)
            end.connect_ex(("198.18.%d.%d" % (number // 250, number % 250 + 1), 9))


def send(name, count, host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        for _ in range(int(count)):
            end.sendto(b"x", (host, int(port)))


def unix(name, path):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect_ex(codecs.escape_decode(path)[0])


def abandon(name, host, port):
    with stream(host) as end:
        end.setblocking(False)
        end.connect_ex((host, int(port)))


def listen(name, port):
    with socket.create_server(("", int(port)), family=socket.AF_INET6, dualstack_ipv6=True):
        select.select([], [], [])


name = codecs.escape_decode(sys.argv[1])[0]
call_me(name)
globals()[sys.argv[2]](name, *sys.argv[3:])
