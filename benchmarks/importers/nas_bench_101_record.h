// A record of NAS-Bench-101's files: one training of one architecture.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace zcp::importers {

/// An MD5 that stands for an architecture: two halves of 64 bits.
using NasBench101Hash = std::array<std::uint64_t, 2>;

/// One training of one architecture.
struct NasBench101Run {
  NasBench101Hash hash = {};  ///< of the module
  std::string arch;           ///< "0110-0001-0001-0000|input,OP,OP,output"
  int epochs = 0;
  std::int64_t params = 0;
  double valid = 0.0;    ///< accuracy after the last epoch, percent
  double test = 0.0;     ///< accuracy after the last epoch, percent
  double seconds = 0.0;  ///< of training
};

/// Parses a record's data, which is JSON; throws UserError naming `place`.
NasBench101Run parse_nas_bench_101(
    std::string_view text,
    const std::string& place);

}  // namespace zcp::importers
