# SPDX-License-Identifier: Apache-2.0
# libqd ships neither a CMake package nor a pkg-config file. Gives qd::qd.
find_path(qd_INCLUDE_DIR qd/dd_real.h)
find_library(qd_LIBRARY qd)
mark_as_advanced(qd_INCLUDE_DIR qd_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(qd REQUIRED_VARS qd_LIBRARY qd_INCLUDE_DIR)
if(qd_FOUND AND NOT TARGET qd::qd)
  add_library(qd::qd UNKNOWN IMPORTED)
  set_target_properties(qd::qd PROPERTIES IMPORTED_LOCATION ${qd_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${qd_INCLUDE_DIR})
endif()
