# SPDX-License-Identifier: Apache-2.0
# OpenBLAS with the LAPACK inside it. Gives openblas::openblas.
#
# Wanted is the flavour with threads (Debian: libopenblas-pthread-dev), although Lagoon tells it to use none: the serial
# one takes no locks, and two calls at once share a buffer (0.3.21: wrong digits in 1 of 1,000 products). When only that
# one is here, Lagoon makes its calls one after the other. The package's own OpenBLASConfig.cmake is one for all flavours.
# lapack.h is that of the reference implementation (liblapacke-dev); nothing of liblapacke is linked.
find_path(openblas_INCLUDE_DIR cblas.h
          PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread openblas-pthread
                        ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial openblas-serial openblas)
find_path(openblas_LAPACK_INCLUDE_DIR lapack.h)
find_library(openblas_LIBRARY openblas PATH_SUFFIXES openblas-pthread openblas-serial)
mark_as_advanced(openblas_INCLUDE_DIR openblas_LAPACK_INCLUDE_DIR openblas_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(openblas
                                  REQUIRED_VARS openblas_LIBRARY openblas_INCLUDE_DIR openblas_LAPACK_INCLUDE_DIR)
if(openblas_FOUND AND NOT TARGET openblas::openblas)
  add_library(openblas::openblas UNKNOWN IMPORTED)
  set_target_properties(openblas::openblas PROPERTIES IMPORTED_LOCATION ${openblas_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES "${openblas_INCLUDE_DIR};${openblas_LAPACK_INCLUDE_DIR}")
endif()
