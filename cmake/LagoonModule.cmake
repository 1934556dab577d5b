# SPDX-License-Identifier: Apache-2.0
#
# lagoon_module: one call makes a room's module a library that others can link, install and find.
#
#   lagoon_module(engine
#     SOURCES src/engine/arena.cpp ...                    none: the module is header only
#     HEADERS include/lagoon/engine/arena.hpp ...         public headers, below <room>/include
#     DEPENDS lagoon::core                                what its public headers include
#     PRIVATE_DEPENDS TBB::tbb                            what only its sources include
#     APART)                                              not in lagoon::lagoon, and found only when asked for by name
#
# gives target lagoon_engine, alias lagoon::engine, and an installed lagoon::engine. Each public header is compiled
# alone by the target all_verify_interface_header_sets.
#
# A header-only private dependency leaves no trace for consumers. One with a library to link is found again
# by lagoonConfig.cmake: its package must be called like the namespace of its target (TBB::tbb -> find TBB).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(LAGOON_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(lagoon_warnings target)
  if(LAGOON_DEVELOPER)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor
      # GCC 12 sees ghosts in optimised std::string, std::variant and coroutines; they stay visible, but pass.
      $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized -Wno-restrict -Wno-error=stringop-overflow
                               -Wno-error=array-bounds -Wno-error=dangling-pointer -Wno-error=free-nonheap-object>)
  endif()
endfunction()

# Does linking this dependency need a file, rather than only an include path?
function(lagoon_has_library dependency result)
  set(${result} TRUE PARENT_SCOPE)
  if(TARGET ${dependency} AND NOT dependency STREQUAL "Threads::Threads")
    get_target_property(type ${dependency} TYPE)
    get_target_property(links ${dependency} INTERFACE_LINK_LIBRARIES)
    if(type STREQUAL "INTERFACE_LIBRARY" AND NOT links)
      set(${result} FALSE PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(lagoon_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "APART" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lagoon_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target lagoon_${name})
  set(needs "")  # libraries that a consumer of the static module must link too

  if(arg_SOURCES)
    add_library(${target} ${arg_SOURCES})
    target_include_directories(${target} PRIVATE src)
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_compile_definitions(${target} PRIVATE LAGOON_VERSION="${PROJECT_VERSION}")
    # Clang before 19 leaves C++14's sized operator delete out unless asked.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:Clang>:-fsized-deallocation>)
    target_link_libraries(${target} PUBLIC ${arg_DEPENDS})
    foreach(dependency IN LISTS arg_PRIVATE_DEPENDS)
      lagoon_has_library(${dependency} linked)
      if(linked)
        target_link_libraries(${target} PRIVATE ${dependency})
        list(APPEND needs ${dependency})
      else()
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${dependency}>)
      endif()
    endforeach()
    lagoon_warnings(${target})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      # Hidden, so that a plugin or Python module with Lagoon inside exports none of it. A shared Lagoon exports all:
      # exceptions and templates cross its border everywhere, and a macro on every class buys nothing.
      set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    else()
      set(needs "")
      set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION}
                            SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    endif()
  else()
    if(arg_PRIVATE_DEPENDS)
      message(FATAL_ERROR "lagoon_module(${name}): a header-only module has no private dependencies")
    endif()
    add_library(${target} INTERFACE)
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS})
  endif()

  add_library(lagoon::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(arg_HEADERS)
    # Headers below interop/ include what the module itself does without; they are installed, not verified alone.
    set(interop ${arg_HEADERS})
    list(FILTER interop INCLUDE REGEX "/interop/")
    list(FILTER arg_HEADERS EXCLUDE REGEX "/interop/")
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS}
                   FILE_SET interop TYPE HEADERS BASE_DIRS include FILES ${interop})
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${LAGOON_DEVELOPER}
                          INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
    install(TARGETS ${target} EXPORT lagoonTargets FILE_SET HEADERS FILE_SET interop)
  else()
    install(TARGETS ${target} EXPORT lagoonTargets)
  endif()

  # What lagoonConfig.cmake has to find for this module, lower modules included.
  foreach(dependency IN LISTS arg_DEPENDS)
    string(REPLACE "lagoon::" "" lower ${dependency})
    get_property(inherited GLOBAL PROPERTY LAGOON_NEEDS_${lower})
    list(APPEND needs ${inherited})
    if(NOT dependency MATCHES "^lagoon::")
      list(APPEND needs ${dependency})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES needs)
  set_property(GLOBAL PROPERTY LAGOON_NEEDS_${name} "${needs}")
  set_property(GLOBAL APPEND PROPERTY LAGOON_MODULES ${name})
  set_property(GLOBAL PROPERTY LAGOON_APART_${name} ${arg_APART})
endfunction()

# After all modules: the umbrella lagoon::lagoon, lagoonConfig.cmake, and lagoon.pc.
function(lagoon_install_package)
  get_property(modules GLOBAL PROPERTY LAGOON_MODULES)
  add_library(lagoon_lagoon INTERFACE)  # "lagoon" itself is the command
  add_library(lagoon::lagoon ALIAS lagoon_lagoon)
  set_target_properties(lagoon_lagoon PROPERTIES EXPORT_NAME lagoon)
  install(TARGETS lagoon_lagoon EXPORT lagoonTargets)

  set(LAGOON_COMPONENT_NEEDS "")
  set(all_needs "")
  set(libraries "")
  set(together "")
  foreach(module IN LISTS modules)
    get_property(needs GLOBAL PROPERTY LAGOON_NEEDS_${module})
    set(packages "")
    foreach(need IN LISTS needs)
      if(need MATCHES "^(.+)::")
        list(APPEND packages ${CMAKE_MATCH_1})
      endif()
    endforeach()
    list(REMOVE_DUPLICATES packages)
    list(JOIN packages " " packages)
    string(APPEND LAGOON_COMPONENT_NEEDS "set(lagoon_${module}_needs ${packages})\n")
    get_property(apart GLOBAL PROPERTY LAGOON_APART_${module})
    if(apart)
      continue()
    endif()
    list(APPEND together ${module})
    list(APPEND all_needs ${needs})
    target_link_libraries(lagoon_lagoon INTERFACE lagoon::${module})
    get_target_property(type lagoon_${module} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      list(PREPEND libraries -llagoon_${module})
    endif()
  endforeach()
  list(JOIN modules " " LAGOON_COMPONENTS)
  list(JOIN together " " LAGOON_DEFAULT_COMPONENTS)

  list(REMOVE_DUPLICATES all_needs)
  foreach(need IN LISTS all_needs)
    if(need STREQUAL "Threads::Threads")
      list(APPEND libraries -pthread)
    else()
      string(REGEX REPLACE "^.*::" "" library ${need})
      list(APPEND libraries -l${library})
    endif()
  endforeach()
  list(JOIN libraries " " LAGOON_PC_LIBRARIES)
  file(RELATIVE_PATH LAGOON_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" LAGOON_PC_PREFIX "${LAGOON_PC_PREFIX}")

  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/lagoon)
  set(generated ${PROJECT_BINARY_DIR}/package)
  configure_package_config_file(${LAGOON_CMAKE_DIR}/lagoonConfig.cmake.in ${generated}/lagoonConfig.cmake
                                INSTALL_DESTINATION ${destination})
  write_basic_package_version_file(${generated}/lagoonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  configure_file(${LAGOON_CMAKE_DIR}/lagoon.pc.in ${generated}/lagoon.pc @ONLY)
  install(EXPORT lagoonTargets NAMESPACE lagoon:: DESTINATION ${destination})
  install(FILES ${generated}/lagoonConfig.cmake ${generated}/lagoonConfigVersion.cmake DESTINATION ${destination})
  install(DIRECTORY ${LAGOON_CMAKE_DIR}/modules DESTINATION ${destination})
  install(FILES ${generated}/lagoon.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
