# What `cmake --install` puts where, and the package that find_package(coterie) finds.
include(CMakePackageConfigHelpers)

install(TARGETS coterie_cli RUNTIME COMPONENT program)
install(TARGETS coterie coterie_io EXPORT coterie_targets ARCHIVE COMPONENT library)
# As in the sources: #include "host/graph.hpp". Headers that need <hdf5.h> stay at home.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/host ${PROJECT_SOURCE_DIR}/io
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/coterie COMPONENT library
  FILES_MATCHING PATTERN "*.hpp"
  PATTERN "hdf5_handle.hpp" EXCLUDE
  PATTERN "json_values.hpp" EXCLUDE
  PATTERN "store_columns.hpp" EXCLUDE
  PATTERN "store_opened.hpp" EXCLUDE
  PATTERN "store_writer.hpp" EXCLUDE)
foreach(document IN ITEMS LICENSE CHANGELOG.md README.md)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${document})
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
  endif()
endforeach()

set(coterie_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coterie)
install(EXPORT coterie_targets NAMESPACE coterie:: FILE coterieTargets.cmake
  DESTINATION ${coterie_package_dir} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/host/coterieConfig.cmake.in
  ${PROJECT_BINARY_DIR}/coterieConfig.cmake INSTALL_DESTINATION ${coterie_package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/coterieConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/coterieConfig.cmake ${PROJECT_BINARY_DIR}/coterieConfigVersion.cmake
  DESTINATION ${coterie_package_dir} COMPONENT library)
