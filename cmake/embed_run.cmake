# SPDX-License-Identifier: Apache-2.0
# The build's half of lagoon_embed: cmake -DOUT=file.cpp -DHEADER=h.hpp -DNAMESPACE=ns -DFILES="name=path;..." -P this
set(text "// Made by the build.\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"  // 64 KiB is what others can do\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n")
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([a-z]+)=(.+)$" matched "${pair}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" content)
  # A source map that is not inside would be fetched by debuggers.
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" content "${content}")
  string(APPEND text "const std::string_view ${name} = R\"lagoon~(${content})lagoon~\";\n")
endforeach()
string(APPEND text "}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUT}" "${text}")
