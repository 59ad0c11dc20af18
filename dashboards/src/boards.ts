// SPDX-License-Identifier: MIT
// The dashboards: one table of panels for all stores.
import { Board, Panel, Query, Row, Series } from './model';

const chosen = { like: '$interface' };
const flowsOfChosen = { like: '${interface}[.]flows' };

function row(title: string, ...panels: Panel[]): Row {
  return { title, panels };
}

function stat(title: string, unit: string, description: string, ...queries: Query[]): Panel {
  return { kind: 'stat', title, unit, description, queries, width: 4 };
}

function lines(title: string, unit: string, description: string, ...queries: Query[]): Panel {
  return { kind: 'lines', title, unit, description, queries, width: 12 };
}

function stack(title: string, unit: string, description: string, ...queries: Query[]): Panel {
  return { kind: 'stack', title, unit, description, queries, width: 12 };
}

function bars(title: string, unit: string, description: string, ...queries: Query[]): Panel {
  return { kind: 'bars', title, unit, description, queries, width: 12 };
}

/** Received up, sent down. */
function mirrored(of: Omit<Series, 'way'>, by: Query['by'], legend: string, scale = 1): Query[] {
  return [
    { of: { ...of, way: 'rx' }, by, legend: `${legend} received`, scale },
    { of: { ...of, way: 'tx' }, by, legend: `${legend} sent`, scale: -scale },
  ];
}

const octets: Series = { type: 'if_octets', instance: chosen };
const packets: Series = { type: 'if_packets', instance: chosen };
const allPackets: Series[] = [
  { ...packets, way: 'rx' },
  { ...packets, way: 'tx' },
];
const dropsHere: Series = { type: 'packets', instance: 'drops.if', name: chosen };
const dropShare: Query = { of: dropsHere, per: allPackets, scale: 100, legend: 'dropped' };
const unaccounted: Series = { type: 'gauge', instance: chosen, name: { like: 'unaccounted_[rt]x' } };
const alertsActive: Series = { type: 'objects', instance: 'alerts' };

function drops(instance: string, by: string): Query {
  return { of: { type: 'packets', instance }, by: ['name'], legend: by };
}

const overview: Board = {
  name: 'overview',
  title: 'kidos / Overview',
  description: 'What the chosen interfaces carry, what the kernel drops, what is wrong.',
  variables: ['interface'],
  rows: [
    row(
      'Now',
      stat('Received', 'bps', 'By the chosen interfaces together: choose such that no packet passes two of them.', {
        of: { ...octets, way: 'rx' }, scale: 8, legend: 'received',
      }),
      stat('Sent', 'bps', 'By the chosen interfaces together.', { of: { ...octets, way: 'tx' }, scale: 8, legend: 'sent' }),
      stat('Drops', 'pps', 'All that the kernel drops on the hosts, also packets of no interface.', {
        of: { type: 'packets', instance: 'drops' }, legend: 'dropped',
      }),
      stat('Drop share', 'percent', 'Dropped at the chosen interfaces, of all that they carried.', dropShare),
      stat('Active alerts', 'short', 'Of all kinds, now.', { of: alertsActive, legend: 'active' }),
      stat('Worst unaccounted', 'short', 'Packets by which what kidos counted is off what the driver counted: 0 at rest.', {
        of: unaccounted, largest: true, legend: 'packets',
      }),
    ),
    row(
      'Traffic',
      lines('Bits by interface', 'bps', 'On the wire. Received up, sent down.', ...mirrored(octets, ['instance'], '{instance}', 8)),
      lines('Packets by interface', 'pps', 'On the wire. Received up, sent down.', ...mirrored(packets, ['instance'], '{instance}')),
    ),
    row(
      'Wrong',
      stack('Drops by reason', 'pps', 'The kernel\'s reasons. benign: those that are ordinary here.', drops('drops', '{name}')),
      lines('Alerts', 'short', 'Active alerts by kind.', { of: alertsActive, by: ['name'], legend: '{name}' }),
      bars('Quota', 'percent', 'Of what is paid for, used since the bill\'s first day.', {
        of: { type: 'percent', instance: 'quota', name: chosen }, by: ['name'], legend: '{name}',
      }),
    ),
  ],
};

const oneInterface: Board = {
  name: 'interface',
  title: 'kidos / Interface',
  description: 'The chosen interfaces by protocol, their errors, drops and verdicts.',
  variables: ['interface'],
  rows: [
    row(
      'Traffic',
      stack('Bits by protocol', 'bps', 'On the wire. Received up, sent down.', ...mirrored(octets, ['name'], '{name}', 8)),
      stack('Packets by protocol', 'pps', 'On the wire. Received up, sent down.', ...mirrored(packets, ['name'], '{name}')),
      lines(
        'Packet size', 'bytes', 'Mean length on the wire.',
        { of: { ...octets, way: 'rx' }, per: [{ ...packets, way: 'rx' }], legend: 'received' },
        { of: { ...octets, way: 'tx' }, per: [{ ...packets, way: 'tx' }], legend: 'sent' },
      ),
      lines('Flows', 'short', 'In the table, active within IdleTimeout.', {
        of: { type: 'objects', instance: chosen, name: 'flows_active' }, by: ['instance'], legend: '{instance}',
      }),
    ),
    row(
      'Not as it should be',
      lines('Drop share', 'percent', 'Dropped by the kernel, of all that the interfaces carried.', dropShare),
      lines('Drops', 'pps', 'By interface; with offloads one may be several packets on the wire.', {
        of: dropsHere, by: ['name'], legend: '{name}',
      }),
      stack('Parse errors', 'pps', 'Packets that are too short or contradict themselves, by what is wrong.', {
        of: { type: 'errors', instance: chosen }, by: ['name'], legend: '{name}',
      }),
      lines('Unaccounted', 'short', 'Packets between what kidos and what the driver counted: 0 at rest.', {
        of: unaccounted, by: ['instance', 'name'], legend: '{instance} {name}',
      }),
    ),
    row(
      'Policy and capture',
      stack('Verdicts', 'pps', 'Packets by what the policy said.', {
        of: { type: 'ipt_packets', instance: chosen }, by: ['name'], legend: '{name}',
      }),
      lines('Captured', 'pps', 'Packets that reached the capture, and those lost on the way by cause.', {
        of: { type: 'packets', instance: { like: 'capture[.]$interface' } }, by: ['name'], legend: '{name}',
      }),
    ),
  ],
};

const flowOctets: Series = { type: 'io_octets', instance: flowsOfChosen };
const named = { like: '(flow|group)_.*' };

const talkers: Board = {
  name: 'talkers',
  title: 'kidos / Talkers',
  description: 'Who fills the chosen interfaces. Takes TopFlows in the <Flows> block.',
  variables: ['interface'],
  rows: [
    row(
      'Flows',
      { ...stack('Received, by flow', 'bps', 'Flows with a series of their own and other, all the rest: together exactly the interface.', {
        of: { ...flowOctets, way: 'rx' }, by: ['name'], scale: 8, legend: '{name}',
      }), width: 24 },
      { ...stack('Sent, by flow', 'bps', 'Flows with a series of their own and other, all the rest: together exactly the interface.', {
        of: { ...flowOctets, way: 'tx' }, by: ['name'], scale: 8, legend: '{name}',
      }), width: 24 },
    ),
    row(
      'Top 10',
      bars('Top 10 received', 'bps', 'protocol, local address and port, remote address and port; p: a prefix; port 0: a client\'s own.', {
        of: { ...flowOctets, way: 'rx', name: named }, by: ['name'], scale: 8, top: 10, legend: '{name}',
      }),
      bars('Top 10 sent', 'bps', 'protocol, local address and port, remote address and port; p: a prefix; port 0: a client\'s own.', {
        of: { ...flowOctets, way: 'tx', name: named }, by: ['name'], scale: 8, top: 10, legend: '{name}',
      }),
      bars('By remote address', 'bps', 'What is received of each remote address or prefix, of the flows with a series.', {
        of: { ...flowOctets, way: 'rx', name: { like: 'flow_.*' } }, part: 'remote', by: ['name'], scale: 8, top: 100, legend: '{name}',
      }),
      bars('By service', 'bps', 'What is received by protocol and port, that which is not a client\'s own.', {
        of: { ...flowOctets, way: 'rx', name: { like: 'flow_.*' } }, part: 'service', by: ['name'], scale: 8, top: 100, legend: '{name}',
      }),
      stack('In series and rest', 'bps', 'How much of what is received the series of flows show.', {
        of: { ...flowOctets, way: 'rx', name: named }, scale: 8, legend: 'flows',
      }, {
        of: { ...flowOctets, way: 'rx', name: 'other' }, scale: 8, legend: 'other',
      }),
      stack('Packets', 'pps', 'Packets received, by flow.', {
        of: { type: 'io_packets', instance: flowsOfChosen, way: 'rx' }, by: ['name'], legend: '{name}',
      }),
    ),
  ],
};

const dropped: Board = {
  name: 'drops',
  title: 'kidos / Drops',
  description: 'What the kernel drops. Each of the four is all of it, divided in another way.',
  variables: [],
  rows: [
    row(
      'All drops',
      stack('By reason', 'pps', 'The kernel\'s reason.', drops('drops', '{name}')),
      stack('By place', 'pps', 'The function that dropped them, or the driver.', drops('drops.place', '{name}')),
      stack('By protocol', 'pps', 'Driver losses have none: other.', drops('drops.proto', '{name}')),
      stack('By interface', 'pps', 'none: a packet of no interface; other: one that is not watched.', drops('drops.if', '{name}')),
    ),
    row(
      'What is new',
      lines('Reasons that are not ordinary', 'pps', 'Those that were not seen in LearnTime (a day).', {
        of: { type: 'packets', instance: 'drops', name: { unlike: 'benign' } }, by: ['name'], legend: '{name}',
      }),
      bars('Largest reasons', 'pps', 'By their rate: InfluxDB over the time shown, Prometheus now.', {
        of: { type: 'packets', instance: 'drops' }, by: ['name'], top: 10, legend: '{name}',
      }),
    ),
  ],
};

const command = { like: '$command' };

const connections: Board = {
  name: 'connections',
  title: 'kidos / Connections',
  description: 'Who connects, to what end, how fast.',
  variables: ['command'],
  rows: [
    row(
      'Attempts',
      stack('By command', 'cps', 'Connections begun, by command or unit.', {
        of: { type: 'total_connections', instance: 'connects', name: command }, by: ['name'], legend: '{name}',
      }),
      stack('Accepted', 'cps', 'Connections established at a listener.', {
        of: { type: 'total_connections', instance: 'accepts', name: command }, by: ['name'], legend: '{name}',
      }),
      stack('By outcome', 'cps', 'ok, the error\'s name, abandoned, or lost.', {
        of: { type: 'total_connections', instance: 'connects.result' }, by: ['name'], legend: '{name}',
      }),
      lines('Failures', 'percent', 'Attempts that did not end well, of all.', {
        of: { type: 'total_connections', instance: 'connects.result', name: { unlike: 'ok' } },
        per: [{ type: 'total_connections', instance: 'connects.result' }], scale: 100, legend: 'failed',
      }),
    ),
    row(
      'How it goes',
      lines('Time to connect', 's', 'Half of the connections, 95 and 99 of 100 are faster.', {
        of: { type: 'latency', instance: 'connects' }, by: ['name'], largest: true, legend: '{name}',
      }),
      lines('Open', 'short', 'Connections open now.', {
        of: { type: 'current_connections', instance: 'connects' }, by: ['host'], legend: '{host}',
      }),
      stack('Bytes', 'bps', 'Payload of TCP by command. Received up, sent down.',
        ...mirrored({ type: 'io_octets', instance: 'connects.traffic', name: command }, ['name'], '{name}', 8)),
      lines('Retransmits', 'pps', 'Segments sent again.', {
        of: { type: 'total_events', instance: 'connects', name: 'retransmits' }, by: ['host'], legend: '{host}',
      }),
    ),
  ],
};

function own(type: Series['type'], name: string): Series {
  return { type, instance: 'self', name: { like: name } };
}

const self: Board = {
  name: 'self',
  title: 'kidos / Itself',
  description: 'Whether kidos counts all, and what it costs.',
  variables: ['interface'],
  rows: [
    row(
      'Exact',
      lines('Unaccounted', 'short', 'Packets between what kidos and what the driver counted: 0 at rest.', {
        of: unaccounted, by: ['instance', 'name'], legend: '{instance} {name}',
      }),
      lines('Lost', 'cps', 'Records, attributions and drops that were not seen: totals stay exact.', {
        of: own('total_events', '.*_lost|unattributed|drops_missed'), by: ['name'], legend: '{name}',
      }),
      lines('Flow table', 'percent', 'How full it is. Raise MaxFlows or MemoryLimit when flows are evicted.', {
        of: own('percent', 'table_fill'), by: ['host'], legend: '{host}',
      }),
      lines('Flows evicted', 'cps', 'Flows that left the table for newer ones; their bytes are kept.', {
        of: own('total_events', 'flows_evicted|spilled'), by: ['name'], legend: '{name}',
      }),
    ),
    row(
      'Cost',
      lines('CPU', 'percent', 'Of one CPU, in collectd.', { of: own('percent', 'cpu'), by: ['host'], legend: '{host}' }),
      lines('Time of a poll', 's', 'From the first map read to the last value sent.', {
        of: own('latency', 'poll'), by: ['host'], legend: '{host}',
      }),
      lines('Memory', 'bytes', 'Planned for maps and tables.', { of: own('memory', 'planned'), by: ['host'], legend: '{host}' }),
      lines('Alerts', 'cps', 'Sent, suppressed, pending and lost: together those that were raised.', {
        of: own('total_events', 'alerts_.*'), by: ['name'], legend: '{name}',
      }),
    ),
    row('Alive', stat('Last poll', 'dateTimeFromNow', 'When kidos last sent values.', {
      of: own('gauge', 'last_poll'), by: ['host'], scale: 1000, legend: '{host}',
    })),
  ],
};

export const boards: Board[] = [overview, oneInterface, talkers, dropped, connections, self];
