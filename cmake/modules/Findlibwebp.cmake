# SPDX-License-Identifier: Apache-2.0
# Debian's libwebp has no CMake package. Gives libwebp::webp, libwebp::webpmux and libwebp::webpdemux.
find_path(libwebp_INCLUDE_DIR webp/decode.h)
set(libwebp_required libwebp_INCLUDE_DIR)
foreach(part webp webpmux webpdemux)
  find_library(libwebp_${part}_LIBRARY ${part})
  mark_as_advanced(libwebp_${part}_LIBRARY)
  list(APPEND libwebp_required libwebp_${part}_LIBRARY)
endforeach()
mark_as_advanced(libwebp_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libwebp REQUIRED_VARS ${libwebp_required})
foreach(part webp webpmux webpdemux)
  if(libwebp_FOUND AND NOT TARGET libwebp::${part})
    add_library(libwebp::${part} UNKNOWN IMPORTED)
    set_target_properties(libwebp::${part} PROPERTIES IMPORTED_LOCATION ${libwebp_${part}_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${libwebp_INCLUDE_DIR})
  endif()
endforeach()
