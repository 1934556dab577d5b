# SPDX-License-Identifier: Apache-2.0
# Debian's cpp-httplib, a compiled one, comes without a CMake package. Gives httplib::cpp-httplib.
find_path(httplib_INCLUDE_DIR httplib.h)
find_library(httplib_LIBRARY cpp-httplib)
mark_as_advanced(httplib_INCLUDE_DIR httplib_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(httplib REQUIRED_VARS httplib_LIBRARY httplib_INCLUDE_DIR)
if(httplib_FOUND AND NOT TARGET httplib::cpp-httplib)
  add_library(httplib::cpp-httplib UNKNOWN IMPORTED)
  set_target_properties(httplib::cpp-httplib PROPERTIES IMPORTED_LOCATION ${httplib_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${httplib_INCLUDE_DIR}
                        # As the library was built: they change the layout of its types.
                        INTERFACE_COMPILE_DEFINITIONS
                        "CPPHTTPLIB_OPENSSL_SUPPORT;CPPHTTPLIB_ZLIB_SUPPORT;CPPHTTPLIB_BROTLI_SUPPORT")
endif()
