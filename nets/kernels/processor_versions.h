// ZCP_PROCESSOR_VERSIONS before a function: it is compiled once for each family
// of processors, and the program chooses among them when it starts.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ZCP_PROCESSOR_VERSIONS \
  [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ZCP_PROCESSOR_VERSIONS
#endif
