# SPDX-License-Identifier: Apache-2.0
# CMake's own FindPNG has a target that lagoon.pc could not name as a library. Gives libpng::png.
find_path(libpng_INCLUDE_DIR png.h)
find_library(libpng_LIBRARY png)
mark_as_advanced(libpng_INCLUDE_DIR libpng_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libpng REQUIRED_VARS libpng_LIBRARY libpng_INCLUDE_DIR)
if(libpng_FOUND AND NOT TARGET libpng::png)
  add_library(libpng::png UNKNOWN IMPORTED)
  set_target_properties(libpng::png PROPERTIES IMPORTED_LOCATION ${libpng_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${libpng_INCLUDE_DIR})
endif()
