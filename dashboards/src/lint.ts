// SPDX-License-Identifier: MIT
// usage: lint GRAFANA-FOLDER
//
// The rules that Grafana's dashboard-linter publishes, as far as they are of a store; a line for each
// board and rule in TAP. Left out: template-job-rule and target-job-rule, since the names of values are
// kidos's alone whatever scrapes them; target-promql-rule, since the system test asks every query of a
// Prometheus. The host is the label instance, and its variable is called what it is: host.
import * as fs from 'fs';
import * as path from 'path';
import * as units from '@grafana/grafana-foundation-sdk/units';

type Fields = Record<string, any>; // a dashboard's JSON

interface Rule {
  name: string;
  /** Of one store alone. */
  store?: string;
  problems(board: Fields): string[];
}

function panels(board: Fields): Fields[] {
  return board['panels'].filter((panel: Fields) => panel['type'] !== 'row');
}

function eachPanel(of: (panel: Fields) => boolean, says: string): Rule['problems'] {
  return (board) => panels(board).filter((panel) => !of(panel)).map((panel) => `${panel['title']}: ${says}`);
}

function eachTarget(of: (target: Fields) => boolean, says: string): Rule['problems'] {
  return (board) => panels(board).flatMap((panel) => panel['targets'].filter((target: Fields) => !of(target))
    .map((target: Fields) => `${panel['title']} ${target['refId']}: ${says}`));
}

function variables(board: Fields, type: string): Fields[] {
  return board['templating'].list.filter((one: Fields) => one['type'] === type);
}

function eachQueryVariable(of: (variable: Fields) => boolean, says: string): Rule['problems'] {
  return (board) => variables(board, 'query').filter((one) => !of(one)).map((one) => `${one['name']}: ${says}`);
}

function isTemplated(source: Fields | undefined): boolean {
  return source?.['uid'] === '${datasource}';
}

/** Every selector of a query. */
function selectors(expr: string): string[] {
  return expr.match(/\w+\{[^}]*\}/g) ?? [];
}

/** What stands in brackets, but for those of regular expressions. */
function ranges(expr: string): string[] {
  return [...expr.replace(/"[^"]*"/g, '').matchAll(/\[([^\]]*)\]/g)].map(([, range]) => range ?? '');
}

const knownUnits = new Set<string>(Object.values(units));

const rules: Rule[] = [
  {
    name: 'template-datasource-rule',
    problems: (board) => {
      const [source, ...more] = variables(board, 'datasource');
      const right = source?.['name'] === 'datasource' && source['label'] === 'Data source' && more.length === 0;
      return right ? [] : ['wants one variable datasource, "Data source"'];
    },
  },
  {
    name: 'template-instance-rule',
    problems: (board) => {
      const host = variables(board, 'query').find((one) => one['name'] === 'host');
      const right = host && host['label'] === 'Host' && isTemplated(host['datasource']) && host['multi'] && host['allValue'] === '.+';
      return right ? [] : ['wants a variable host, "Host", of the chosen data source, several at a time, all .+'];
    },
  },
  {
    name: 'template-label-promql-rule',
    store: 'prometheus',
    problems: eachQueryVariable((one) => /^label_values\(\w+\{[^}]+\}, \w+\)$/.test(one['query']), 'not label_values(selector, label)'),
  },
  {
    name: 'template-on-time-change-reload-rule',
    problems: eachQueryVariable((one) => one['refresh'] === 2, 'is not read again when the time changes'),
  },
  { name: 'panel-datasource-rule', problems: eachPanel((one) => isTemplated(one['datasource']), 'not the chosen data source') },
  { name: 'panel-title-description-rule', problems: eachPanel((one) => one['title'] && one['description'], 'title or description is missing') },
  { name: 'panel-units-rule', problems: eachPanel((one) => knownUnits.has(one['fieldConfig'].defaults.unit), 'no unit of Grafana\'s') },
  { name: 'panel-no-targets-rule', problems: eachPanel((one) => one['targets'].length > 0, 'asks nothing') },
  {
    name: 'target-rate-interval-rule',
    store: 'prometheus',
    problems: eachTarget((one) => ranges(one['expr']).every((range) => range === '$__rate_interval'), 'another range than $__rate_interval'),
  },
  {
    name: 'target-instance-rule',
    store: 'prometheus',
    problems: eachTarget((one) => selectors(one['expr']).every((each) => each.includes('instance=~"$host"')), 'a selector without the host'),
  },
  {
    name: 'target-counter-agg-rule',
    store: 'prometheus',
    problems: eachTarget((one) => selectors(one['expr']).every((each) => !/_total\{/.test(each) || one['expr'].includes(`rate(${each}[`)), 'a counter without its rate'),
  },
  { name: 'uneditable-dashboard', problems: (board) => (board['editable'] === false ? [] : ['can be edited, and the next version would undo it']) },
  {
    name: 'ids and uids',
    problems: (board) => {
      const ids = board['panels'].map((panel: Fields) => panel['id']);
      return new Set(ids).size === ids.length && /^kidos-/.test(board['uid']) && board['uid'].length <= 40 ? [] : ['an id twice, or a uid that Grafana refuses'];
    },
  },
];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: lint GRAFANA-FOLDER');
let number = 0;
for (const store of fs.readdirSync(folder)) {
  const boards = fs.readdirSync(path.join(folder, store))
    .map((file) => JSON.parse(fs.readFileSync(path.join(folder, store, file), 'utf8')) as Fields);
  for (const rule of rules.filter((one) => !one.store || one.store === store)) {
    const problems = boards.flatMap((board) => rule.problems(board).map((problem) => `# ${board['title']}: ${problem}`));
    console.log([...problems, `${problems.length ? 'not ok' : 'ok'} ${++number} - grafana: ${store}: ${rule.name}`].join('\n'));
  }
}
console.log(`# rules: ${number}`);
