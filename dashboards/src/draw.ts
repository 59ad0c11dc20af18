// SPDX-License-Identifier: MIT
// usage: draw ANSWERS-FOLDER PAGES-FOLDER: a page STORE.BOARD.html for each board's answers, drawn by uPlot.
import * as fs from 'fs';
import * as path from 'path';
import type { Answer, Line } from './query';

const uplot = path.dirname(require.resolve('uplot/package.json'));
const colours = ['#7eb26d', '#eab839', '#6ed0e0', '#ef843c', '#e24d42', '#1f78c1', '#ba43a9', '#705da0', '#508642', '#cca300'];

const names: Record<string, string> = { bps: 'bit/s', pps: '/s', cps: '/s', percent: '%', s: 's', bytes: 'B', short: '' };

function shown(value: number, unit: string): string {
  if (unit === 'dateTimeFromNow') return new Date(value).toISOString();
  const size = Math.abs(value);
  const [by, prefix] = size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e3 ? [1e3, 'k'] : size && size < 0.1 ? [1e-3, 'm'] : [1, ''];
  return `${+(value / by).toFixed(2)} ${prefix}${names[unit] ?? unit}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The newest that is known. */
function last(line: Line): number {
  return line.points.map(([, value]) => value).filter(Number.isFinite).at(-1) ?? NaN;
}

function stat(panel: Answer): string {
  return panel.lines.map((line) => `<p class="stat">${escaped(shown(last(line), panel.unit))}</p>`).join('');
}

function bars(panel: Answer): string {
  const most = Math.max(...panel.lines.map(last));
  return panel.lines.map((line) => `<div class="bar"><i style="width:${(100 * last(line)) / (most || 1)}%"></i>
    <span>${escaped(line.name)}</span><b>${escaped(shown(last(line), panel.unit))}</b></div>`).join('');
}

/** One time axis for all; stacked received and sent are added up each by itself. */
function columns(panel: Answer): (number | null)[][] {
  const times = [...new Set(panel.lines.flatMap((line) => line.points.map(([time]) => time)))].sort((a, b) => a - b);
  const up = times.map(() => 0);
  const down = times.map(() => 0);
  const values = panel.lines.map((line) => {
    const at = new Map(line.points);
    const sign = line.points.some(([, value]) => value < 0) ? down : up;
    return times.map((time, n) => {
      const value = at.get(time);
      if (value === undefined || !Number.isFinite(value)) return null;
      return panel.stacked ? (sign[n] = (sign[n] ?? 0) + value) : value;
    });
  });
  return [times, ...values];
}

/** Of stacked ones the first is nearest to the axis, so it is drawn last. */
function graph(panel: Answer, id: string): string {
  const series = panel.lines.map((line, n) => {
    const stroke = colours[n % colours.length];
    return { label: line.name, stroke, ...(panel.stacked ? { fill: stroke } : {}), points: { show: false } };
  }).reverse();
  const [times = [], ...values] = columns(panel);
  const width = Math.round((panel.width / 24) * 1360) - 24;
  return `<div id="${id}"></div><script>
    new uPlot({ width: ${width}, height: 220, series: [{}].concat(${JSON.stringify(series)}), axes: [{}, { size: 80 }] },
      ${JSON.stringify([times, ...values.reverse()])}, document.getElementById("${id}"));</script>`;
}

function drawn(panel: Answer, id: string): string {
  if (panel.type === 'stat') return stat(panel);
  return panel.type === 'bargauge' ? bars(panel) : graph(panel, id);
}

function page(title: string, panels: Answer[]): string {
  const boxes = panels.map((panel, n) => `<section style="grid-column: span ${panel.width}"><h2>${escaped(panel.title)} <small>${escaped(names[panel.unit] ?? panel.unit)}</small></h2>
    ${panel.lines.length ? drawn(panel, `p${n}`) : '<p>no data</p>'}</section>`);
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><style>${fs.readFileSync(path.join(uplot, 'dist/uPlot.min.css'), 'utf8')}
    body { font: 13px sans-serif; margin: 8px } main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 4px; width: 1360px }
    section { border: 1px solid #ccc; padding: 4px; min-height: 90px } h2 { font-size: 14px; margin: 0 } .stat { font-size: 32px; margin: 8px }
    .bar { position: relative; height: 20px; margin: 2px } .bar i { position: absolute; height: 100%; background: #cde } .bar span, .bar b { position: relative; margin-right: 8px }
    .u-legend { font-size: 10px; max-height: 130px; overflow: hidden }</style>
    <script>${fs.readFileSync(path.join(uplot, 'dist/uPlot.iife.min.js'), 'utf8')}</script><h1>${title}</h1><main>${boxes.join('\n')}</main>`;
}

const [answers, pages] = process.argv.slice(2);
if (!answers || !pages) throw new Error('usage: draw ANSWERS-FOLDER PAGES-FOLDER');
fs.mkdirSync(pages, { recursive: true });
for (const file of fs.readdirSync(answers)) {
  const title = path.basename(file, '.json');
  const panels = JSON.parse(fs.readFileSync(path.join(answers, file), 'utf8')) as Answer[];
  fs.writeFileSync(path.join(pages, `${title}.html`), page(title, panels));
}
