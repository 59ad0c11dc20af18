// SPDX-License-Identifier: MIT
// usage: build FOLDER: writes FOLDER/STORE/BOARD.json for Grafana.
import * as fs from 'fs';
import * as path from 'path';
import { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { StackingMode, LegendDisplayMode, LegendPlacement, VizOrientation } from '@grafana/grafana-foundation-sdk/common';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { boards } from './boards';
import { influxdb } from './influxdb';
import { Board, Kind, Panel, Store, Target } from './model';
import { prometheus } from './prometheus';

const stores = [prometheus, influxdb];

function source(store: Store): common.DataSourceRef {
  return { type: store.name, uid: '${datasource}' };
}

/** The SDK has builders for some data sources: this is one for all. */
function targetBuilder(store: Store, target: Target): Builder<Dataquery> {
  const built = { datasource: source(store), ...target };
  return { build: () => ({ ...built, _implementsDataqueryVariant: () => undefined }) };
}

function targets(store: Store, panel: Panel): Builder<Dataquery>[] {
  let next = 'A'.charCodeAt(0);
  const nextRef = () => String.fromCharCode(next++);
  return panel.queries.flatMap((query) => store.targets(query, panel.kind, nextRef)).map((one) => targetBuilder(store, one));
}

function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table).placement(LegendPlacement.Bottom).calcs(['mean', 'max', 'lastNotNull']).showLegend(true);
}

function lineBuilder(kind: Kind): timeseries.PanelBuilder {
  const builder = new timeseries.PanelBuilder().legend(legend()).lineWidth(1).fillOpacity(kind === 'stack' ? 40 : 5)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending));
  // Received and sent are stacked each by its sign.
  return kind === 'stack' ? builder.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A')) : builder;
}

const reduced = (): common.ReduceDataOptionsBuilder => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']);
const rows = (): common.ReduceDataOptionsBuilder => reduced().values(true);

function emptyPanel(panel: Panel) {
  switch (panel.kind) {
    case 'stat': return new stat.PanelBuilder().reduceOptions(reduced()).height(4);
    case 'bars': return new bargauge.PanelBuilder().orientation(VizOrientation.Horizontal).min(0).height(9)
      .reduceOptions(panel.queries.some((query) => query.top) ? rows() : reduced());
    default: return lineBuilder(panel.kind).height(9);
  }
}

function panelOf(store: Store, panel: Panel, id: number): Builder<grafana.Panel> {
  return emptyPanel(panel).id(id).title(panel.title).description(panel.description).unit(panel.unit)
    .span(panel.width).datasource(source(store)).targets(targets(store, panel)).transformations(store.transformations(panel));
}

function variable(store: Store, name: string, label: string, query: string): grafana.QueryVariableBuilder {
  return new grafana.QueryVariableBuilder(name).label(label).query(query).datasource(source(store))
    .refresh(grafana.VariableRefresh.OnTimeRangeChanged).sort(grafana.VariableSort.NaturalAsc)
    .multi(true).includeAll(true).allValue('.+');
}

function variables(store: Store, board: Board): Builder<grafana.VariableModel>[] {
  const all: Builder<grafana.VariableModel>[] = [
    new grafana.DatasourceVariableBuilder('datasource').label('Data source').type(store.name),
    variable(store, 'host', 'Host', store.values({ type: 'gauge', instance: 'self' }, 'host')),
  ];
  if (board.variables.includes('interface')) {
    const packets = { type: 'if_packets', way: 'rx', instance: { like: '.+' } } as const;
    all.push(variable(store, 'interface', 'Interface', store.values(packets, 'instance')));
  }
  if (board.variables.includes('command')) {
    all.push(variable(store, 'command', 'Command', store.values({ type: 'total_connections', instance: 'connects' }, 'name')));
  }
  return all;
}

function alerts(store: Store): Builder<grafana.AnnotationQuery> {
  const annotation = { name: 'Alerts', enable: true, iconColor: 'red', datasource: source(store), ...store.alerts() };
  return { build: () => annotation as grafana.AnnotationQuery };
}

function link(store: Store): grafana.DashboardLinkBuilder {
  return new grafana.DashboardLinkBuilder('kidos').type(grafana.DashboardLinkType.Dashboards).tags([`kidos-${store.name}`])
    .keepTime(true).includeVars(true);
}

function dashboard(store: Store, board: Board): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder(board.title).uid(`kidos-${store.name}-${board.name}`)
    .description(board.description).tags(['kidos', `kidos-${store.name}`]).readonly().refresh('30s').time({ from: 'now-1h', to: 'now' })
    .timezone('browser').tooltip(grafana.DashboardCursorSync.Crosshair)
    .variables(variables(store, board)).annotation(alerts(store)).link(link(store));
  let id = 1;
  for (const row of board.rows) {
    builder.withRow(new grafana.RowBuilder(row.title).id(id++));
    row.panels.forEach((panel) => builder.withPanel(panelOf(store, panel, id++)));
  }
  return builder.build();
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: build FOLDER');
for (const store of stores) {
  fs.mkdirSync(path.join(folder, store.name), { recursive: true });
  for (const board of boards) {
    const text = JSON.stringify(dashboard(store, board), null, 1);
    fs.writeFileSync(path.join(folder, store.name, `${board.name}.json`), `${text}\n`);
  }
}
