# kidosctl: everything but main() is a library, so that tests walk its tables.
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)

# Flows and drops filtered, sorted, grouped and named: no libbpf.
add_library(kidos_flows STATIC
  capture/ledger.c capture/order.c connects/view.c core/community_id.c core/flow_filter.c drops/view.c
  eventlog/entry.c eventlog/format.c flows/group.c flows/history.c
  flows/rows.c state/health.c core/tally.c core/when.c)
set_target_properties(kidos_flows PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_link_libraries(kidos_flows PUBLIC kidos_core PkgConfig::NETTLE)

# What a log says: no libbpf.
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(kidos_analysis STATIC
  eventlog/analysis.c eventlog/input.c eventlog/ledger.c eventlog/record.c eventlog/report.c
  eventlog/report_cells.c eventlog/report_threats.c eventlog/report_times.c eventlog/rows.c eventlog/rows_console.c
  eventlog/rows_csv.c eventlog/rows_json.c eventlog/sizes.c)
target_link_libraries(kidos_analysis PUBLIC kidos_flows PkgConfig::JSONC PkgConfig::ZLIB PkgConfig::ZSTD)

add_library(kidos_ctl STATIC
  ctl/brief.c ctl/grid.c ctl/json_build.c ctl/main.c ctl/request.c ctl/resolve.c ctl/set.c ctl/state.c
  ctl/watch.c
  kidosctl/cleanup.c kidosctl/collector.c kidosctl/collectors.c kidosctl/commands.c kidosctl/json_status.c
  kidosctl/json_summary.c kidosctl/status.c kidosctl/summary.c
  flows/ctl.c flows/ctl_brief.c flows/ctl_options.c flows/ctl_scan.c flows/ctl_table.c flows/json.c
  drops/ctl.c drops/ctl_brief.c drops/ctl_group.c drops/ctl_names.c drops/ctl_options.c drops/ctl_scan.c drops/json.c
  drops/maps_reader.c
  alerts/ctl.c alerts/json.c capture/ctl.c capture/ctl_evidence.c capture/ctl_follow.c capture/ctl_packets.c
  capture/json.c capture/verify.c connects/ctl_brief.c connects/ctl_list.c connects/ctl_options.c connects/ctl_scan.c
  connects/ctl_sockets.c connects/ctl_sum.c connects/ctl_top.c connects/ctl_top_read.c connects/ctl_window.c
  connects/json.c connects/json_sums.c connects/reader.c eventlog/ctl.c eventlog/ctl_report.c policy/ctl.c
  policy/ctl_file.c policy/ctl_show.c policy/ctl_table.c)
# Of the engine, taking back what was attached.
target_link_libraries(kidos_ctl PUBLIC kidos_engine kidos_alerts kidos_analysis kidos_flows kidos_state PkgConfig::JSONC)

add_executable(kidosctl kidosctl/kidosctl.c)
target_link_libraries(kidosctl PRIVATE kidos_ctl)
