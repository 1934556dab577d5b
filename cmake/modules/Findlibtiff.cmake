# SPDX-License-Identifier: Apache-2.0
# CMake's own FindTIFF has a target that lagoon.pc could not name as a library. Gives libtiff::tiff.
find_path(libtiff_INCLUDE_DIR tiffio.h)
find_library(libtiff_LIBRARY tiff)
mark_as_advanced(libtiff_INCLUDE_DIR libtiff_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libtiff REQUIRED_VARS libtiff_LIBRARY libtiff_INCLUDE_DIR)
if(libtiff_FOUND AND NOT TARGET libtiff::tiff)
  add_library(libtiff::tiff UNKNOWN IMPORTED)
  set_target_properties(libtiff::tiff PROPERTIES IMPORTED_LOCATION ${libtiff_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${libtiff_INCLUDE_DIR})
endif()
