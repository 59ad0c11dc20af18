// SPDX-License-Identifier: MIT
// usage: query GRAFANA-FOLDER ANSWERS-FOLDER FROM TO VARIABLE=VALUE...
//
// Asks the stores at their ports on this host every query of every dashboard, as Grafana would from
// FROM to TO (seconds since 1970). A line for each: data, none or wrong; store; dashboard / what; detail.
// ANSWERS-FOLDER gets STORE.BOARD.json with the answers, for draw.
import * as fs from 'fs';
import * as path from 'path';

export interface Line {
  name: string;
  points: [number, number][];
}

export interface Answer {
  title: string;
  type: string;
  unit: string;
  stacked: boolean;
  /** Of 24 columns. */
  width: number;
  lines: Line[];
}

type Fields = Record<string, any>; // a dashboard's JSON

const [grafana, answers, from, to, ...given] = process.argv.slice(2);
if (!grafana || !answers || !from || !to) throw new Error('usage: query GRAFANA-FOLDER ANSWERS-FOLDER FROM TO VARIABLE=VALUE...');

const step = 2;
const values: Record<string, string> = {
  __rate_interval: `${2 * step}s`,
  __interval: `${step}s`,
  timeFilter: `time >= ${from}s AND time <= ${to}s`,
  ...Object.fromEntries(given.map((pair) => pair.split('=') as [string, string])),
};

function filled(text: string): string {
  return text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => values[name] ?? whole);
}

async function fetched(url: string): Promise<Fields> {
  const response = await fetch(url);
  const body = (await response.json()) as Fields;
  const error = body.error ?? body.results?.[0]?.error;
  if (error) throw new Error(error);
  return body;
}

function query(base: string, parameters: Record<string, string>): Promise<Fields> {
  return fetched(`${base}?${new URLSearchParams(parameters)}`);
}

const prometheusApi = 'http://127.0.0.1:9090/api/v1';

function named(format: string, labels: Record<string, string>): string {
  return format.replace(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}

async function askPrometheus(target: Fields): Promise<Line[]> {
  const parameters = { query: filled(target['expr']), ...(target['instant'] ? { time: to! } : { start: from!, end: to!, step: `${step}` }) };
  const body = await query(`${prometheusApi}/query${target['instant'] ? '' : '_range'}`, parameters);
  return body['data'].result.map((series: Fields) => ({
    name: named(target['legendFormat'] ?? '', series['metric']),
    points: (series['values'] ?? [series['value']]).map(([time, value]: [number, string]) => [time, Number(value)]),
  }));
}

function askInflux(text: string): Promise<Fields> {
  return query('http://127.0.0.1:8086/query', { db: 'collectd', q: filled(text), epoch: 's' });
}

/** A table's first other column is the name of its row. */
function linesOf(target: Fields, series: Fields): Line[] {
  if (target['resultFormat'] === 'table')
    return series['values'].map((row: [number, number, string]) => ({ name: row[2], points: [[row[0], row[1]]] }));
  const alias = (target['alias'] as string).replace(/\$tag_(\w+)/g, (_, tag: string) => series['tags'][tag]);
  return [{ name: alias, points: series['values'].map((row: [number, number]) => [row[0], row[1]]) }];
}

async function askInfluxTarget(target: Fields): Promise<Line[]> {
  const body = await askInflux(target['query']);
  return (body['results'][0].series ?? []).flatMap((series: Fields) => linesOf(target, series));
}

function known(line: Line): boolean {
  return line.points.some(([, value]) => Number.isFinite(value));
}

function report(store: string, what: string, lines: Line[] | string[] | Error): void {
  const detail = lines instanceof Error ? lines.message : `${lines.length} series`;
  const state = lines instanceof Error ? 'wrong' : lines.length ? 'data' : 'none';
  console.log([state, store, what, detail].join('\t'));
}

/** What Grafana's transformations make of a table: sums by what a regular expression finds in names. */
function summedByPart(panel: Fields, lines: Line[]): Line[] {
  const options = panel['transformations']?.find((one: Fields) => one['id'] === 'extractFields')?.options;
  if (!options) return lines;
  const pattern = new RegExp(options.regExp.slice(1, -1));
  const sums = new Map<string, number>();
  for (const line of lines) {
    const name = Object.values(pattern.exec(line.name)?.groups ?? {}).join(' ');
    sums.set(name, (sums.get(name) ?? 0) + line.points[0]![1]);
  }
  return [...sums].map(([name, sum]) => ({ name, points: [[Number(to), sum]] }));
}

/** What Grafana's expression makes of earlier targets, each of one series, at the times that all have. */
function calculated(target: Fields, earlier: Map<string, Line[]>): Line[] {
  const refs = [...new Set((target['expression'] as string).match(/\$[A-Z]/g))].map((ref) => ref.slice(1));
  const series = refs.map((ref) => new Map(earlier.get(ref)?.[0]?.points));
  const value = new Function(...refs.map((ref) => `$${ref}`), `return ${target['expression']}`);
  const times = [...(series[0]?.keys() ?? [])].filter((time) => series.every((one) => one.has(time)));
  return [{ name: '', points: times.map((time) => [time, value(...series.map((one) => one.get(time)))]) }];
}

function ask(store: string, target: Fields, earlier: Map<string, Line[]>): Promise<Line[]> | Line[] {
  if (target['type'] === 'math') return calculated(target, earlier);
  return store === 'prometheus' ? askPrometheus(target) : askInfluxTarget(target);
}

async function askPanel(store: string, board: string, panel: Fields): Promise<Answer> {
  const lines: Line[] = [];
  const earlier = new Map<string, Line[]>();
  for (const target of panel['targets']) {
    const what = `${board} / ${panel['title']}${panel['targets'].length > 1 ? ` ${target['refId']}` : ''}`;
    try {
      const found = (await ask(store, target, earlier)).filter(known);
      report(store, what, found);
      earlier.set(target['refId'], found);
      if (!target['hide']) lines.push(...found);
    } catch (error) {
      report(store, what, error as Error);
    }
  }
  const { unit, custom } = panel['fieldConfig'].defaults;
  return { title: panel['title'], type: panel['type'], unit, stacked: custom?.stacking?.mode === 'normal', width: panel['gridPos'].w, lines: summedByPart(panel, lines) };
}

/** What a variable offers to choose from. */
async function askVariable(store: string, board: string, variable: Fields): Promise<void> {
  const what = `${board} / variable ${variable['name']}`;
  try {
    report(store, what, await (store === 'prometheus' ? labelValues(variable['query']) : tagValues(variable['query'])));
  } catch (error) {
    report(store, what, error as Error);
  }
}

async function labelValues(text: string): Promise<string[]> {
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
  if (!selector) throw new Error(`${text}: not label_values(selector, label)`);
  const body = await query(`${prometheusApi}/label/${label}/values`, { 'match[]': filled(selector), start: from!, end: to! });
  return body['data'];
}

async function tagValues(text: string): Promise<string[]> {
  const body = await askInflux(text);
  return (body['results'][0].series ?? []).flatMap((series: Fields) => series['values'].map((row: string[]) => row[1]));
}

async function askAnnotation(store: string, board: string, annotation: Fields): Promise<void> {
  const what = `${board} / annotation ${annotation['name']}`;
  try {
    const asked = store === 'prometheus' ? askPrometheus({ ...annotation, instant: false, legendFormat: annotation['titleFormat'] })
      : askInfluxTarget({ ...annotation, resultFormat: 'table' });
    report(store, what, (await asked).filter(known));
  } catch (error) {
    report(store, what, error as Error);
  }
}

async function askBoard(store: string, file: string): Promise<void> {
  const board = path.basename(file, '.json');
  const dashboard = JSON.parse(fs.readFileSync(file, 'utf8')) as Fields;
  const drawn: Answer[] = [];
  for (const variable of dashboard['templating'].list.filter((one: Fields) => one['type'] === 'query'))
    await askVariable(store, board, variable);
  for (const annotation of dashboard['annotations'].list) await askAnnotation(store, board, annotation);
  for (const panel of dashboard['panels'].filter((one: Fields) => one['type'] !== 'row')) drawn.push(await askPanel(store, board, panel));
  fs.writeFileSync(path.join(answers!, `${store}.${board}.json`), JSON.stringify(drawn));
}

async function main(): Promise<void> {
  fs.mkdirSync(answers!, { recursive: true });
  for (const store of fs.readdirSync(grafana!))
    for (const file of fs.readdirSync(path.join(grafana!, store))) await askBoard(store, path.join(grafana!, store, file));
}

void main();
