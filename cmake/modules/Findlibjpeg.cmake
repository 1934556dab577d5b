# SPDX-License-Identifier: Apache-2.0
# CMake's own FindJPEG has a target that lagoon.pc could not name as a library. Gives libjpeg::jpeg.
find_path(libjpeg_INCLUDE_DIR jpeglib.h)
find_library(libjpeg_LIBRARY jpeg)
mark_as_advanced(libjpeg_INCLUDE_DIR libjpeg_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libjpeg REQUIRED_VARS libjpeg_LIBRARY libjpeg_INCLUDE_DIR)
if(libjpeg_FOUND AND NOT TARGET libjpeg::jpeg)
  add_library(libjpeg::jpeg UNKNOWN IMPORTED)
  set_target_properties(libjpeg::jpeg PROPERTIES IMPORTED_LOCATION ${libjpeg_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${libjpeg_INCLUDE_DIR})
endif()
