# SPDX-License-Identifier: Apache-2.0
# lagoon_embed(<header> <namespace> name=path ...): makes a source in the build folder that defines
# <namespace>::<name>, declared as std::string_view in the header, as the content of each file. Gives its path in
# LAGOON_EMBEDDED.
function(lagoon_embed header namespace)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp)
  set(paths ${ARGN})
  list(TRANSFORM paths REPLACE "^[a-z]+=" "")
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DHEADER=${header} -DNAMESPACE=${namespace} "-DFILES=${ARGN}"
            -P ${LAGOON_CMAKE_DIR}/embed_run.cmake
    DEPENDS ${LAGOON_CMAKE_DIR}/embed_run.cmake ${paths}
    VERBATIM)
  set(LAGOON_EMBEDDED ${out} PARENT_SCOPE)
endfunction()
