// SPDX-License-Identifier: MIT
// What a panel shows, in kidos's own words (README, "Values") and no store's: a store makes queries of it.

import type { DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';

/** A collectd type that kidos sends, and whether it counts up, so that it is its rate that is shown. */
export const types = {
  if_octets: 'counter',
  if_packets: 'counter',
  io_octets: 'counter',
  io_packets: 'counter',
  ipt_packets: 'counter',
  packets: 'counter',
  errors: 'counter',
  total_events: 'counter',
  total_connections: 'counter',
  total_bytes: 'counter',
  objects: 'state',
  gauge: 'state',
  percent: 'state',
  latency: 'state',
  memory: 'state',
  current_connections: 'state',
} as const;

export type Type = keyof typeof types;

/** A part of a value's name: exactly this, or what a regular expression matches as a whole, or does not. */
export type Match = string | { like: string } | { unlike: string };

export interface Series {
  type: Type;
  /** For the types that have both. */
  way?: 'rx' | 'tx';
  /** plugin_instance */
  instance: Match;
  /** type_instance */
  name?: Match;
}

/** By what the sum over all series is divided: the host, plugin_instance or type_instance. */
export type By = 'host' | 'instance' | 'name';

/** The remote address, or the protocol with the port that is not a client's own: 0. */
export type Part = 'remote' | 'service';

/** Of flow_PROTOCOL_LOCAL_PORT_REMOTE_PORT: what the groups of a pattern are called. */
export const parts: Record<Part, { pattern: string; groups: string[] }> = {
  remote: { pattern: 'flow_[^_]+_[^_]+_[^_]+_([^_]+)_.*', groups: ['remote'] },
  service: { pattern: 'flow_([^_]+)_[^_]+_(?:0_[^_]+_)?([0-9]+)(?:_.*)?', groups: ['protocol', 'port'] },
};

export interface Query {
  /** {host}, {instance} and {name} stand for what the sum was divided by. */
  legend: string;
  of: Series;
  /** What it is a share of: the sum of these. Then it is of all, not by anything. */
  per?: Series[];
  by?: By[];
  /** The largest instead of the sum. */
  largest?: boolean;
  scale?: number;
  /** Series of flows are added up by a part of their names instead. */
  part?: Part;
  /** Only so many of the largest, over the whole time; for bars. */
  top?: number;
}

export type Kind = 'stat' | 'lines' | 'stack' | 'bars';

export interface Panel {
  title: string;
  description: string;
  kind: Kind;
  /** As Grafana calls it. */
  unit: string;
  queries: Query[];
  /** Of 24 columns. */
  width: number;
}

export interface Row {
  title: string;
  panels: Panel[];
}

export interface Board {
  name: string;
  title: string;
  description: string;
  variables: ('interface' | 'command')[];
  rows: Row[];
}

/** What differs from one store to the other. */
export interface Store {
  name: 'prometheus' | 'influxdb';
  /** Values of a variable. */
  values(of: Series, part: By): string;
  /** Targets of which the last is shown; each takes a refId of its own. */
  targets(query: Query, kind: Kind, nextRef: () => string): Target[];
  /** What Grafana makes of the answers where the store itself cannot. */
  transformations(panel: Panel): DataTransformerConfig[];
  /** Alerts that are active, for annotations. */
  alerts(): Record<string, unknown>;
}

/** A query as Grafana's data source takes it. */
export type Target = Record<string, unknown> & { refId: string };
