// SPDX-License-Identifier: MIT
// InfluxQL over what InfluxDB's collectd listener stores: measurements kidos_rx, kidos_tx and kidos_value
// with the tags host, instance (plugin_instance), type and type_instance.
import type { DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import { By, Kind, Match, Panel, Part, Query, Series, Store, Target, parts, types } from './model';

const tags = { instance: 'instance', name: 'type_instance', host: 'host' };

function measurement(of: Series): string {
  return `kidos_${of.way ?? 'value'}`;
}

function condition(tag: string, match: Match): string {
  if (typeof match === 'string') return `"${tag}" = '${match}'`;
  return 'like' in match ? `"${tag}" =~ /^${match.like}$/` : `"${tag}" !~ /^${match.unlike}$/`;
}

function conditions(of: Series): string[] {
  const all = [`"type" = '${of.type}'`, condition(tags.instance, of.instance)];
  if (of.name) all.push(condition(tags.name, of.name));
  return all;
}

/** Each series by itself, before any sum: they come and go, and a sum of counts would step. */
function each(of: Series, as: string): string {
  const value = types[of.type] === 'counter' ? 'non_negative_derivative(last("value"), 1s)' : 'last("value")';
  const where = [...conditions(of), condition(tags.host, { like: '$host' }), '$timeFilter'].join(' AND ');
  return `(SELECT ${value} AS "${as}" FROM "${measurement(of)}" WHERE ${where} GROUP BY time($__interval), "host", "instance", "type_instance")`;
}

function by(query: Query): string {
  return (query.by ?? []).map((part) => `, "${tags[part]}"`).join('');
}

function scaled(query: Query): string {
  return (query.scale ?? 1) === 1 ? '' : ` * ${query.scale}`;
}

function overTime(query: Query): string {
  const parts = [each(query.of, 'v'), ...(query.per ?? []).map((of) => each(of, 'of'))];
  const value = `${query.largest ? 'max' : 'sum'}("v")${query.per ? ' / sum("of")' : ''}${scaled(query)}`;
  return `SELECT ${value} AS "value" FROM ${parts.join(', ')} WHERE $timeFilter GROUP BY time($__interval)${by(query)} fill(none)`;
}

function topOf(query: Query, count: number): string {
  const [part] = query.by ?? [];
  if (!part) throw new Error(`${query.legend}: a top of what?`);
  const means = `(SELECT mean("value") AS "mean" FROM (${overTime(query)}) WHERE $timeFilter GROUP BY "${tags[part]}")`;
  return `SELECT top("mean", "${tags[part]}", ${count}) AS "value" FROM ${means} WHERE $timeFilter`;
}

function legend(text: string): string {
  return text.replace(/\{(host|instance|name)\}/g, (_, part: By) => `$tag_${tags[part]}`);
}

function target(query: Query, refId: string): Target {
  if (query.top) return { query: topOf(query, query.top), rawQuery: true, resultFormat: 'table', refId };
  return { query: overTime(query), alias: legend(query.legend), rawQuery: true, resultFormat: 'time_series', refId };
}

/** InfluxQL divides nothing by what another measurement has: Grafana does, by an expression. */
function share(query: Query, per: Series[], nextRef: () => string): Target[] {
  const parts = [query.of, ...per].map((of) => ({ ...target({ of, legend: query.legend }, nextRef()), hide: true }));
  const [part, ...whole] = parts.map((one) => `$${one.refId}`);
  const expression = `${query.scale ?? 1} * ${part} / (${whole.join(' + ')})`;
  return [...parts, { type: 'math', expression, refId: nextRef(), datasource: { type: '__expr__', uid: '__expr__' } }];
}

function targets(query: Query, _: Kind, nextRef: () => string): Target[] {
  const elsewhere = query.per?.some((of) => measurement(of) !== measurement(query.of));
  return query.per && elsewhere ? share(query, query.per, nextRef) : [target(query, nextRef())];
}

/** A table of names and values: columns more with the parts, then the sum by them. InfluxQL cuts no tags. */
function byPart(part: Part): DataTransformerConfig[] {
  const { pattern, groups } = parts[part];
  const names = [...groups];
  const regExp = pattern.replace(/\((?!\?)/g, () => `(?<${names.shift()}>`);
  const groupedBy = Object.fromEntries(groups.map((name) => [name, { operation: 'groupby', aggregations: [] }]));
  return [
    { id: 'extractFields', options: { source: tags.name, format: 'regexp', regExp: `/^${regExp}$/`, keepTime: false, replace: false } },
    { id: 'groupBy', options: { fields: { ...groupedBy, value: { operation: 'aggregate', aggregations: ['sum'] } } } },
    { id: 'sortBy', options: { sort: [{ field: 'value (sum)', desc: true }] } },
  ];
}

function transformations(panel: Panel): DataTransformerConfig[] {
  return panel.queries.flatMap((query) => (query.part ? byPart(query.part) : []));
}

export const influxdb: Store = {
  name: 'influxdb',
  transformations,
  targets,
  values: (of, part) => {
    const all = conditions(of);
    if (part !== 'host') all.push(condition(tags.host, { like: '$host' }));
    return `SHOW TAG VALUES FROM "${measurement(of)}" WITH KEY = "${tags[part]}" WHERE ${all.join(' AND ')}`;
  },
  alerts: () => {
    const active: Series = { type: 'objects', instance: 'alerts' };
    const where = [...conditions(active), condition(tags.host, { like: '$host' }), '"value" > 0', '$timeFilter'];
    return {
      query: `SELECT "value", "type_instance", "host" FROM "kidos_value" WHERE ${where.join(' AND ')}`,
      titleColumn: 'type_instance',
      textColumn: 'host',
      tagsColumn: 'type_instance',
    };
  },
};
