# kidosctl over maps that real programs filled.
add_executable(ctl_bpf ctl_test.c)
target_compile_definitions(ctl_bpf PRIVATE KIDOSCTL="$<TARGET_FILE:kidosctl>")
add_dependencies(ctl_bpf kidosctl)
target_link_libraries(ctl_bpf PRIVATE kidos_engine kidos_test_packet PkgConfig::JSONC
  PkgConfig::CMOCKA)
add_test(NAME ctl_bpf COMMAND ctl_bpf)
