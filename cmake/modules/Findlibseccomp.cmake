# SPDX-License-Identifier: Apache-2.0
# libseccomp has a pkg-config file but no CMake package. Gives libseccomp::seccomp.
find_path(libseccomp_INCLUDE_DIR seccomp.h)
find_library(libseccomp_LIBRARY seccomp)
mark_as_advanced(libseccomp_INCLUDE_DIR libseccomp_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libseccomp REQUIRED_VARS libseccomp_LIBRARY libseccomp_INCLUDE_DIR)
if(libseccomp_FOUND AND NOT TARGET libseccomp::seccomp)
  add_library(libseccomp::seccomp UNKNOWN IMPORTED)
  set_target_properties(libseccomp::seccomp PROPERTIES IMPORTED_LOCATION ${libseccomp_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${libseccomp_INCLUDE_DIR})
endif()
