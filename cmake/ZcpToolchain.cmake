# Hand-tuned kernels choose their instructions themselves; -O3 costs build time only.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# By default g++ collects its garbage again and again as soon as precompiled headers are read, a twelfth of its time.
add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,GNU>:SHELL:--param ggc-min-heapsize=800000>")

# Compiler cache, linker and the warning policy that every target of the project inherits from zcp_options.
find_program(ZCP_CCACHE ccache)
if(ZCP_CCACHE)
  # Precompiled headers are told apart by what is in them, not by their times. They have half a gigabyte: their hash is
  # kept by inode and times. What a file includes is read off the compiler's own list; preprocessing it first would take
  # a cold build 4 % longer.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_INODECACHE=1
    CCACHE_DEPEND=1 ${ZCP_CCACHE})
endif()
find_program(ZCP_MOLD mold)
if(ZCP_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT ZCP_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

add_library(zcp_options INTERFACE)
target_compile_options(zcp_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  # g++ 12 warns of std::string operator+ in its own headers (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # g++ 13 and newer take a reference into a registry, find_space("nats-tss"), for one into the name.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>:-Wno-dangling-reference>)
target_include_directories(zcp_options INTERFACE ${PROJECT_SOURCE_DIR})
if(ZCP_SANITIZE)
  target_compile_options(zcp_options INTERFACE -fsanitize=${ZCP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(zcp_options INTERFACE -fsanitize=${ZCP_SANITIZE})
endif()

# zcp_list_files(VARIABLE LIST): the files that a registry's list names, one a line ZCP_KIND(name), as name.cpp. The
# same list is expanded in the source that registers them, so that a new member is a file and a line.
function(zcp_list_files variable list)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${list})
  file(STRINGS ${list} lines REGEX "^ZCP_[A-Z]+\\(")
  list(TRANSFORM lines REPLACE "^ZCP_[A-Z]+\\(([a-z0-9_]+).*$" "\\1.cpp")
  set(${variable} ${lines} PARENT_SCOPE)
endfunction()
