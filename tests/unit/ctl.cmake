# kidosctl's parts without a kernel: names of flows, lists of flows.
add_executable(community_id_unit community_id_test.c)
target_link_libraries(community_id_unit PRIVATE kidos_flows PkgConfig::JSONC PkgConfig::CMOCKA)
add_test(NAME community_id_unit COMMAND community_id_unit)

add_executable(flow_list_unit flow_list_test.c)
target_link_libraries(flow_list_unit PRIVATE kidos_ctl document PkgConfig::CMOCKA)
add_test(NAME flow_list_unit COMMAND flow_list_unit)

find_package(Threads REQUIRED)
add_executable(drop_list_unit drop_list_test.c)
target_link_libraries(drop_list_unit PRIVATE kidos_ctl PkgConfig::CMOCKA Threads::Threads)
add_test(NAME drop_list_unit COMMAND drop_list_unit)

add_executable(connect_list_unit connect_list_test.c)
target_link_libraries(connect_list_unit PRIVATE kidos_ctl PkgConfig::CMOCKA)
add_test(NAME connect_list_unit COMMAND connect_list_unit)

# The event log's rows, written and read back.
add_executable(eventlog_unit eventlog_test.c)
target_link_libraries(eventlog_unit PRIVATE kidos_analysis PkgConfig::CMOCKA)
add_test(NAME eventlog_unit COMMAND eventlog_unit)
