// SPDX-License-Identifier: MIT
// PromQL over what write_prometheus shows: collectd_kidos_TYPE{kidos=plugin_instance, type=type_instance,
// instance=host}.
import { By, Kind, Match, Part, Query, Series, Store, Target, parts, types } from './model';

const labels = { instance: 'kidos', name: 'type', host: 'instance' };

function metric(of: Series): string {
  const way = of.way ? `_${of.way}` : '';
  return `collectd_kidos_${of.type}${way}${types[of.type] === 'counter' ? '_total' : ''}`;
}

function matcher(label: string, match: Match): string {
  if (typeof match === 'string') return `${label}="${match}"`;
  return 'like' in match ? `${label}=~"${match.like}"` : `${label}!~"${match.unlike}"`;
}

function selector(of: Series): string {
  const matchers = [matcher('instance', { like: '$host' }), matcher(labels.instance, of.instance)];
  if (of.name) matchers.push(matcher(labels.name, of.name));
  return `${metric(of)}{${matchers.join(',')}}`;
}

/** The rate of what counts, and else the state. */
function now(of: Series): string {
  return types[of.type] === 'counter' ? `rate(${selector(of)}[$__rate_interval])` : selector(of);
}

function sum(of: Series, by: By[] = [], largest = false): string {
  const over = by.length ? ` by (${by.map((part) => labels[part]).join(', ')}) ` : '';
  return `${largest ? 'max' : 'sum'}${over}(${now(of)})`;
}

function sumByPart(of: Series, part: Part): string {
  const { pattern, groups } = parts[part];
  const value = groups.map((_, n) => `$${n + 1}`).join(' ');
  return `sum by (${part}) (label_replace(${now(of)}, "${part}", "${value}", "${labels.name}", "${pattern}"))`;
}

function expression(query: Query): string {
  let text = query.part ? sumByPart(query.of, query.part) : sum(query.of, query.by, query.largest);
  if (query.per) text += ` / (${query.per.map((of) => sum(of)).join(' + ')})`;
  if ((query.scale ?? 1) !== 1) text += ` * ${query.scale}`;
  return query.top ? `topk(${query.top}, ${text})` : text;
}

function legend(text: string): string {
  return text.replace(/\{(host|instance|name)\}/g, (_, part: By) => `{{${labels[part]}}}`);
}

function targets(query: Query, kind: Kind, nextRef: () => string): Target[] {
  const instant = kind === 'stat' || kind === 'bars';
  return [{ expr: expression(query), legendFormat: query.part ? `{{${query.part}}}` : legend(query.legend), instant, range: !instant, refId: nextRef() }];
}

export const prometheus: Store = {
  name: 'prometheus',
  targets,
  transformations: () => [],
  values: (of, part) => {
    const inside = part === 'host' ? `${metric(of)}{${matcher(labels.instance, of.instance)}}` : selector(of);
    return `label_values(${inside}, ${labels[part]})`;
  },
  alerts: () => ({
    expr: `${selector({ type: 'objects', instance: 'alerts' })} > 0`,
    titleFormat: '{{type}}',
    textFormat: '{{instance}}: {{type}}',
    tagKeys: 'type',
    step: '60s',
  }),
};
