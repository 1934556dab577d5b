# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=file.cpp -DFILES="name=path;..." -P embed.cmake
# writes a source that defines lagoon::cli::assets::<name> as the content of each file.
set(text "// Made by the build.\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"  // 64 KiB is what others can do\n#include \"report_assets.hpp\"\n\nnamespace lagoon::cli::assets {\n")
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([a-z]+)=(.+)$" matched "${pair}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" content)
  # A source map that is not inside would be fetched by debuggers.
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" content "${content}")
  string(APPEND text "const std::string_view ${name} = R\"lagoon~(${content})lagoon~\";\n")
endforeach()
string(APPEND text "}  // namespace lagoon::cli::assets\n")
file(WRITE "${OUT}" "${text}")
