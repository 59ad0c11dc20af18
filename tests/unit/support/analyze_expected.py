#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""analyze_expected FOLDER: logs of every format with the same rows, and what analyze is to say of them.

Written from the manual alone, with Python's own statistics; shares no code with kidosctl."""
import csv
import gzip
import ipaddress
import json
import random
import statistics
import sys
from collections import Counter, defaultdict
from datetime import datetime, timezone

folder = sys.argv[1]
random.seed(20261129)
COLUMNS = ["timestamp", "timestamp_iso", "src_ip", "dst_ip", "src_port", "dst_port", "protocol",
           "protocol_num", "packet_size", "action", "interface", "flow_hash"]
OURS = ["packets", "bytes", "min_size", "max_size", "first", "last", "community_id", "kind"]
NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 132: "SCTP"}
PORTS = {6, 17, 132}


def iso(time):
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % round(time % 1 * 1000 % 1000)


def row(time, src, dst, sport, dport, protocol, packets, size, action="permitted", interface="eth0", ends=None):
    return {"timestamp": time, "timestamp_iso": iso(time), "src_ip": src, "dst_ip": dst, "src_port": sport,
            "dst_port": dport, "protocol": NAMES.get(protocol, str(protocol)), "protocol_num": protocol,
            "packet_size": size // packets, "action": action, "interface": interface, "flow_hash": "00",
            "packets": packets, "bytes": size, "min_size": ends[0] if ends else "", "max_size": ends[1] if ends else "", "first": time, "last": time, "community_id": "1:x", "kind": "flow"}


def make_rows():
    rows, start = [], 1764400000
    hosts = ["10.0.%d.%d" % (n // 250, n % 250 + 1) for n in range(300)] + ["2001:db8::%x" % n for n in range(1, 60)]
    weights = [1 / (n + 1) for n in range(len(hosts))]
    names = ["eth0", "ns:b0", 'odd"\\x5c,name', "br 0"]
    for n in range(8000):
        time = start + n * 17 + random.randrange(1000) / 1000
        src, dst = random.choices(hosts, weights)[0], random.choice(hosts)
        if (":" in src) != (":" in dst):
            dst = hosts[-1] if ":" in src else hosts[0]
        protocol = random.choices([6, 17, 1, 58, 47, 132, 89], [700, 250, 30, 10, 3, 4, 1])[0]
        packets = random.choice([1, 1, 1, 2, 3, 17])
        lengths = [random.choice([40, 60, 576, 1500, random.randrange(60, 1500)]) for _ in range(packets)]
        size = sum(lengths)
        sport, dport = (random.randrange(1024, 65536), random.choice([22, 53, 80, 443])) if protocol in PORTS else (0, 0)
        rows.append(row(round(time, 3), src, dst, sport, dport, protocol, packets, size,
                        random.choice(["permitted", "logged", "dropped"]), random.choice(names),
                        (min(lengths) - n % 3, max(lengths) + n % 3)))
        if protocol == 6 and random.random() < 0.5:  # the answer
            rows.append(row(round(time, 3), dst, src, dport, sport, protocol, packets, packets * 60))
    quick = rows[4000]["timestamp"]
    for n in range(25):  # a scan, of 25 ports within 25 s; a slow one, of a port each 30 s
        rows.append(row(quick + n, "192.0.2.1", "10.0.0.1", 40000 + n, 1000 + n, 6, 1, 60))
        rows.append(row(quick + n * 30, "192.0.2.2", "10.0.0.1", 40000 + n, 1000 + n, 6, 1, 60))
    for n in range(9):  # too few
        rows.append(row(quick + n, "192.0.2.3", "10.0.0.1", 40000 + n, 1000 + n, 6, 1, 60))
    window = int(quick) // 60 * 60 + 60
    for n in range(150):  # repeated, and too few of them
        rows.append(row(round(window + n / 3, 3), "192.0.2.4", "10.0.0.2", 20000 + n, 22, 6, 2, 120))
    for n in range(99):
        rows.append(row(round(window + n / 3, 3), "192.0.2.5", "10.0.0.2", 20000 + n, 22, 6, 2, 120))
    rows.sort(key=lambda r: r["timestamp"])
    return rows


# --- files ---

def console(r, ours):
    def end(address, port):
        return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)

    def value(text):
        text = str(text)
        odd = any(c in text for c in ' "\\')
        return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"') if odd else text
    head = "%s %s %s %s -> %s" % (r["timestamp_iso"], r["action"], r["protocol"], end(r["src_ip"], r["src_port"]),
                                  end(r["dst_ip"], r["dst_port"]))
    rest = ["protocol_num", "packet_size", "interface", "flow_hash"] + (OURS if ours else [])
    return head + "".join(" %s=%s" % (name, value(r[name])) for name in rest)


def write(rows, suffix, ours):
    columns = COLUMNS + (OURS if ours else [])
    rows = [{name: r[name] for name in columns} for r in rows]
    path = folder + "/" + suffix
    with open(path + ".jsonl", "w") as out:
        for r in rows:
            out.write(json.dumps(r, separators=(",", ":")) + "\n")
    with open(path + ".json", "w") as out:
        json.dump(rows, out, indent=2 if suffix == "seed" else None)
    with open(path + ".csv", "w", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n" if ours else "\r\n")
        writer.writeheader()
        writer.writerows(rows)
    with open(path + ".headless.csv", "w", newline="") as out:
        csv.DictWriter(out, columns).writerows(rows)
    with open(path + ".console", "w") as out:
        for r in rows:
            out.write(console(r, ours) + "\n")
    with open(path + ".jsonl", "rb") as source, gzip.open(path + ".gz", "wb") as out:
        out.write(source.read())


# --- what analyze is to say ---

def ticks(time):
    return round(time * 1000) * 1000000 // (60 * 1000000000 // 64)


def scanners(rows):
    flows, recent, ports = set(), defaultdict(list), {}
    for r in rows:
        key = (r["src_ip"], r["dst_ip"], r["src_port"], r["dst_port"], r["protocol_num"])
        back = (key[1], key[0], key[3], key[2], key[4])
        if key in flows:
            continue
        flows.add(key)
        if r["protocol_num"] not in PORTS or back in flows:
            continue
        now, port, src = ticks(r["timestamp"]), r["dst_port"], r["src_ip"]
        recent[src] = [(p, t) for p, t in recent[src] if now - t <= 64 and p != port][-9:] + [(port, now)]
        if src in ports:
            ports[src].add(port)
        elif len(recent[src]) == 10:
            ports[src] = {p for p, _ in recent[src]}
    return sorted(([src, len(p)] for src, p in ports.items()), key=lambda s: (-s[1], packed(s[0])))


def packed(address):
    raw = ipaddress.ip_address(address).packed
    return b"\0" * 10 + b"\xff\xff" + raw if len(raw) == 4 else raw


def quantile(data, n):
    return statistics.quantiles(data, n=100, method="inclusive")[n - 1]


def expected(rows):
    all_packets = sum(r["packets"] for r in rows)
    all_bytes = sum(r["bytes"] for r in rows)

    def sums(key):
        out = defaultdict(lambda: [0, 0, 0])
        for r in rows:
            for n, add in enumerate((1, r["packets"], r["bytes"])):
                out[key(r)][n] += add
        return out

    def ranked(key):
        return [[k] + v for k, v in sorted(sums(key).items(), key=lambda i: (-i[1][1], i[0].encode()))]

    def top(key, count, order):
        items = sorted(sums(key).items(), key=lambda i: (-i[1][2], -i[1][1], order(i[0])))
        return [[*([k] if isinstance(k, str) else k), v[1], v[2]] for k, v in items[:count]]

    def utc(r):
        return datetime.fromtimestamp(r["timestamp"], timezone.utc)
    sizes = []
    for r in rows:
        each, more = divmod(r["bytes"], r["packets"])
        sizes += [each] * (r["packets"] - more) + [each + 1] * more
    by_source = sums(lambda r: r["src_ip"])
    volumes = [v[2] for v in by_source.values()]
    limit = quantile(volumes, 95)
    hours = sums(lambda r: utc(r).strftime("%Y-%m-%d %H:00"))
    windows = Counter((r["protocol"], r["src_ip"], r["dst_ip"], r["dst_port"], int(r["timestamp"]) // 60) for r in rows)
    repeated = defaultdict(int)
    for key, count in windows.items():
        repeated[key[:4]] = max(repeated[key[:4]], count)
    peak = max(sorted(hours), key=lambda h: hours[h][1])
    return {
        "summary": [len(rows), all_packets, all_bytes, iso(min(r["timestamp"] for r in rows)),
                    iso(max(r["timestamp"] for r in rows)), len(by_source), len({r["dst_ip"] for r in rows}),
                    len({(r["src_ip"], r["dst_ip"], r["src_port"], r["dst_port"], r["protocol_num"]) for r in rows})],
        "protocols": ranked(lambda r: r["protocol"]),
        "hours": [[k] + v for k, v in sorted(sums(lambda r: utc(r).strftime("%H")).items())],
        "days": [[k] + v for k, v in sorted(sums(lambda r: utc(r).strftime("%Y-%m-%d")).items())],
        "peak": [peak] + hours[peak],
        "actions": ranked(lambda r: r["action"]),
        "interfaces": ranked(lambda r: r["interface"].replace("\\", "\\x5c")),
        "sizes": [min(sizes + [r["min_size"] for r in rows if r.get("min_size")]),
                  max(sizes + [r["max_size"] for r in rows if r.get("max_size")])] + [float("%.6g" % v) for v in (
            statistics.fmean(sizes), statistics.stdev(sizes), statistics.median(sizes), quantile(sizes, 25),
            quantile(sizes, 75), quantile(sizes, 95), quantile(sizes, 99))],
        "top_sources": top(lambda r: r["src_ip"], 10, packed),
        "top_destinations": top(lambda r: r["dst_ip"], 10, packed),
        "top_flows": top(lambda r: (r["protocol"], r["src_ip"], r["src_port"], r["dst_ip"], r["dst_port"]), 20,
                         lambda k: (packed(k[1]), packed(k[3]), k[2].to_bytes(2, sys.byteorder),
                                    k[4].to_bytes(2, sys.byteorder))),
        "port_scanners": scanners(rows),
        "high_volume_sources": [[k, v[1], v[2]] for k, v in sorted(by_source.items(), key=lambda i: (
            -i[1][2], -i[1][1], packed(i[0]))) if v[2] > limit][:100],
        "unusual_protocols": sorted(k for k, v in sums(lambda r: r["protocol"]).items()
                                    if k not in ("TCP", "UDP", "ICMP", "ICMPv6") and v[1] / all_packets < 0.01),
        "repeated_flows": [[*k, v] for k, v in sorted(repeated.items(), key=lambda i: -i[1]) if v >= 100],
    }


rows = make_rows()
write(rows, "ours", True)
singles = [dict(r, packets=1, bytes=r["packet_size"], min_size="", max_size="") for r in rows]
write(singles, "seed", False)
with open(folder + "/ours.expected", "w") as out:
    json.dump(expected(rows), out)
with open(folder + "/seed.expected", "w") as out:
    json.dump(expected(singles), out)
