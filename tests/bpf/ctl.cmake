# kidosctl over maps that real programs filled, and over maps filled by hand.
add_library(ctl_run STATIC support/ctl_run.c)
target_compile_definitions(ctl_run PRIVATE KIDOSCTL="$<TARGET_FILE:kidosctl>")
add_dependencies(ctl_run kidosctl)
target_include_directories(ctl_run PUBLIC support)
target_link_libraries(ctl_run PUBLIC kidos_engine kidos_test_packet PkgConfig::JSONC
  PkgConfig::CMOCKA)

foreach(test ctl ctl_status)
  add_executable(${test}_bpf ${test}_test.c support/ctl_maps.c)
  target_link_libraries(${test}_bpf PRIVATE ctl_run)
  add_test(NAME ${test}_bpf COMMAND ${test}_bpf)
endforeach()

add_executable(ctl_drops_bpf ctl_drops_test.c support/ctl_drop_maps.c)
target_link_libraries(ctl_drops_bpf PRIVATE ctl_run kidos_flows)
add_test(NAME ctl_drops_bpf COMMAND ctl_drops_bpf)

add_executable(ctl_connects_bpf ctl_connects_test.c support/ctl_connect_maps.c)
target_link_libraries(ctl_connects_bpf PRIVATE ctl_run kidos_flows)
add_test(NAME ctl_connects_bpf COMMAND ctl_connects_bpf)
