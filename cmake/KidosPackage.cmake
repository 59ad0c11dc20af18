# Where things are installed, and the Debian package of them (`./dev package`). kidos-netns
# installs its own parts.
include(GNUInstallDirs)

# collectd looks here on every architecture.
install(TARGETS kidos DESTINATION lib/collectd)
install(TARGETS kidosctl DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES plugin/collectd-kidos.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES plugin/kidosctl.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES collectd.conf.d/kidos.conf DESTINATION /etc/collectd/collectd.conf.d)
install(FILES collectd.conf.d/policies/permitted.json collectd.conf.d/policies/permitted-strict.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/kidos/policies)
# Not below share/doc, which small systems leave out.
install(DIRECTORY collectd.conf.d/ DESTINATION ${CMAKE_INSTALL_DATADIR}/kidos/examples
  REGEX "collectd\\.conf\\.d/kidos\\.conf$" EXCLUDE PATTERN policies EXCLUDE)
install(PROGRAMS collectd.conf.d/block-address collectd.conf.d/notify-alertmanager
  collectd.conf.d/notify-block collectd.conf.d/notify-log
  DESTINATION ${CMAKE_INSTALL_DATADIR}/kidos/examples)
foreach(front cgp collection3 grafana php-collection prometheus)
  install(DIRECTORY dashboards/${front} DESTINATION ${CMAKE_INSTALL_DATADIR}/kidos/dashboards
    PATTERN "*.test.yml" EXCLUDE PATTERN install EXCLUDE)
endforeach()
install(PROGRAMS dashboards/collection3/install
  DESTINATION ${CMAKE_INSTALL_DATADIR}/kidos/dashboards/collection3)
install(FILES README.md DESTINATION share/doc/kidos)
install(FILES LICENSE DESTINATION share/doc/kidos RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME kidos)
set(CPACK_PACKAGE_CONTACT "The kidos developers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "eBPF network monitor for collectd")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "collectd-core (>= 5.12), collectd-core (<< 6)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libxdp1")
file(WRITE ${CMAKE_BINARY_DIR}/debian/conffiles "/etc/collectd/collectd.conf.d/kidos.conf\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/conffiles)
# Each maintainer script begins with what all of them use.
foreach(script preinst postinst prerm postrm)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/cmake/debian/common ${CMAKE_SOURCE_DIR}/cmake/debian/${script})
  file(READ ${CMAKE_SOURCE_DIR}/cmake/debian/common common)
  file(READ ${CMAKE_SOURCE_DIR}/cmake/debian/${script} own)
  file(WRITE ${CMAKE_BINARY_DIR}/debian/${script} "${common}${own}")
  file(CHMOD ${CMAKE_BINARY_DIR}/debian/${script} PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/${script})
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
