# kidosctl: everything but main() is a library, so that tests walk its tables.
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)

# Flows and drops filtered, sorted, grouped and named: no libbpf.
add_library(kidos_flows STATIC
  core/community_id.c core/drop_view.c core/flow_filter.c core/flow_group.c core/flow_history.c
  core/flow_rows.c core/health.c core/tally.c core/when.c)
set_target_properties(kidos_flows PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_link_libraries(kidos_flows PUBLIC kidos_core PkgConfig::NETTLE)

add_library(kidos_ctl STATIC
  bpf_drop_reader.c ctl_alerts.c ctl_collector.c ctl_commands.c ctl_drop_brief.c ctl_drop_names.c
  ctl_drop_options.c ctl_drop_scan.c ctl_drops.c ctl_flow_options.c ctl_flow_table.c ctl_flows.c
  ctl_grid.c ctl_main.c ctl_resolve.c ctl_scan.c ctl_state.c ctl_status.c ctl_summary.c ctl_watch.c
  json_alerts.c json_build.c json_drop_brief.c json_drops.c json_flows.c json_status.c json_summary.c)
target_link_libraries(kidos_ctl PUBLIC kidos_alerts kidos_flows kidos_maps PkgConfig::JSONC)

add_executable(kidosctl kidosctl.c)
target_link_libraries(kidosctl PRIVATE kidos_ctl)
