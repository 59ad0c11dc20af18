#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the series of flows gain what the interface's totals gain, in every interval?

usage: series_sums.py csv FOLDER INTERFACE [killed] files of collectd's csv plugin, StoreRates false; a daemon
                                                    that was killed may have written a part of its last poll
       series_sums.py rrd FOLDER INTERFACE FROM TO  files of its rrdtool plugin, a step of one second
       series_sums.py page FILE INTERFACE           the page of write_prometheus, at rest
       series_sums.py spike RRD INTERFACE CSV...    is a second of RRD busier than all intervals of CSV?

Prints what is compared; exits 1 at a difference, at a value that runs backwards, or when there is
nothing to compare.
"""
import collections
import glob
import math
import os
import re
import subprocess
import sys

WAYS = ("rx", "tx")
TYPES = ("packets", "octets")
problems = []


def wrong(text):
    problems.append(text)


def type_of(instance, kind):
    """Flows have types of their own, so that a sum over if_* has each packet once."""
    return f"{'io' if instance.endswith('.flows') else 'if'}_{kind}"


def names(folder, instance, kind):
    """type_instance -> files of one plugin_instance and type."""
    files = collections.defaultdict(list)
    kind = type_of(instance, kind)
    for path in sorted(glob.glob(f"{glob.escape(folder)}/kt/kidos-{instance}/{kind}-*")):
        name = os.path.basename(path)[len(kind) + 1:]
        files[re.sub(r"(-\d{4}-\d\d-\d\d|\.rrd)$", "", name)].append(path)
    return files


def read_csv(paths):
    """time -> (rx, tx)"""
    rows = {}
    for path in paths:
        with open(path, encoding="ascii") as file:
            for line in file:
                if not line.startswith("epoch"):
                    time, rx, tx = line.split(",")
                    rows[time] = (int(rx), int(tx))
    return rows


def gains(rows, what):
    """(time before, time) -> (gained rx, gained tx)"""
    times = sorted(rows, key=float)
    found = {}
    for before, time in zip(times, times[1:]):
        found[before, time] = tuple(b - a for a, b in zip(rows[before], rows[time]))
        if min(found[before, time]) < 0:
            wrong(f"{what} runs backwards at {time}: {rows[before]} to {rows[time]}")
    return found


def csv_sums(folder, instance, kind):
    sums = collections.defaultdict(lambda: [0, 0])
    for name, paths in names(folder, instance, kind).items():
        for interval, gained in gains(read_csv(paths), f"{instance} {kind} {name}").items():
            for way in range(2):
                sums[interval][way] += gained[way]
    return sums


def without_last(*sums):
    last = max((interval[1] for of in sums for interval in of), key=float, default=None)
    return [{interval: gained for interval, gained in of.items() if interval[1] != last} for of in sums]


def check_csv(folder, interface, killed=None):
    for kind in TYPES:
        totals = csv_sums(folder, interface, kind)
        flows = csv_sums(folder, f"{interface}.flows", kind)
        if killed:
            totals, flows = without_last(totals, flows)
        moved = sum(1 for gained in totals.values() if max(gained))
        for interval in totals:
            if list(totals[interval]) != list(flows.get(interval, ())):
                wrong(f"{kind} {interval}: totals gain {totals[interval]}, "
                      f"series {flows.get(interval)}")
        for interval in set(flows) - set(totals):
            wrong(f"{kind} {interval}: an interval of no totals")
        print(f"{kind}: {len(totals)} intervals, {moved} with packets, "
              f"{len(names(folder, f'{interface}.flows', kind))} series")
        if moved < 3:
            wrong(f"{kind}: too few intervals with packets")


def read_rrd(path, start, end):
    """time -> (rx, tx) per second; unknown ones are NaN."""
    said = subprocess.run(["rrdtool", "fetch", path, "AVERAGE", "-r", "1", "-s", start, "-e", end],
                          check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in said.splitlines()[2:]:
        time, rest = line.split(":")
        rows[int(time)] = tuple(float(value) for value in rest.split())
    return rows


def rrd_sums(folder, instance, kind, start, end):
    sums = collections.defaultdict(lambda: [0.0, 0.0])
    unknown = set()
    for name, (path,) in names(folder, instance, kind).items():
        begun = name == "other" or not name.startswith(("flow_", "group_"))
        for time, rates in sorted(read_rrd(path, start, end).items()):
            if math.isnan(rates[0]):
                if begun:
                    unknown.add(time)
                continue
            begun = True
            for way in range(2):
                sums[time][way] += rates[way]
    return sums, unknown


def check_rrd(folder, interface, start, end):
    for kind in TYPES:
        totals, none = rrd_sums(folder, interface, kind, start, end)
        flows, unknown = rrd_sums(folder, f"{interface}.flows", kind, start, end)
        known = [time for time in sorted(totals) if time not in none]
        for time in known:
            if time in unknown:
                wrong(f"{kind} {time}: totals are known, a series is not")
            for way in range(2):
                if not math.isclose(totals[time][way], flows[time][way], rel_tol=1e-9, abs_tol=1e-6):
                    wrong(f"{kind} {time} {WAYS[way]}: totals {totals[time][way]}, "
                          f"series {flows[time][way]}")
        sums = [sum(totals[time][way] for time in known) for way in range(2)]
        print(f"{kind}: {len(known)} seconds, sums {sums[0]:.0f} rx {sums[1]:.0f} tx")
        if len(known) < 3 or not max(sums):
            wrong(f"{kind}: too little to compare")


def check_page(path, interface):
    sums = collections.Counter()
    pattern = re.compile(r'collectd_kidos_(i[fo]_\w+)_(rx|tx)_total\{kidos="([^"]*)",.*\} (\d+)')
    with open(path, encoding="ascii") as file:
        for found in map(pattern.match, file):
            if found:
                kind, way, instance, value = found.groups()
                sums[kind, way, instance] += int(value)
    for kind in TYPES:
        for way in WAYS:
            totals, flows = (sums[type_of(instance, kind), way, instance]
                             for instance in (interface, f"{interface}.flows"))
            natural = sum(count for (name, of, _), count in sums.items()
                          if (name, of) == (type_of(interface, kind), way))
            print(f"{kind} {way}: totals {totals}, series {flows}")
            if totals != flows:
                wrong(f"{kind} {way}: totals {totals}, series {flows}")
            if totals != natural:
                wrong(f"{kind} {way}: totals {totals}, the sum of all series {natural}")
    if not sums[type_of(interface, TYPES[0]), "rx", interface]:
        wrong("nothing was counted")


def first_values(folder, instance, kind):
    """What was counted before the first poll, all classes together."""
    firsts = [min(read_csv(paths).items(), key=lambda row: float(row[0]))[1]
              for paths in names(folder, instance, kind).values()]
    return [sum(first[way] for first in firsts) for way in range(2)]


def check_spike(folder, interface, *csv_folders):
    for kind in TYPES:
        busiest = peak = 0.0
        for csv in csv_folders:
            busiest = max(busiest, *first_values(csv, interface, kind))
            for (before, time), gained in csv_sums(csv, interface, kind).items():
                seconds = max(1, round(float(time)) - round(float(before)))
                busiest = max(busiest, max(gained) / seconds)
        for instance in (interface, f"{interface}.flows"):
            for name, (path,) in names(folder, instance, kind).items():
                for time, rates in read_rrd(path, "-3600", "now").items():
                    peak = max(peak, *(rate for rate in (*rates, 0.0) if not math.isnan(rate)))
                    if min(rates) < 0:
                        wrong(f"{instance} {kind} {name} {time}: {rates}")
        print(f"{kind}: busiest interval {busiest:.0f}, busiest second {peak:.0f}")
        if not 0 < peak <= busiest * 1.0001:
            wrong(f"{kind}: a spike")


checks = {"spike": check_spike, "csv": check_csv, "rrd": check_rrd, "page": check_page}
checks[sys.argv[1]](*sys.argv[2:])
print("\n".join(problems[:20]))
sys.exit(1 if problems else 0)
