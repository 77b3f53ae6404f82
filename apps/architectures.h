// The names of a call's architectures, each once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace zcp::apps {

/// Scores and trainings are kept once for each name, however often it was asked
/// for.
struct Architectures {
  std::vector<std::string> asked;      ///< repetitions included
  std::vector<std::string> unique;     ///< in the order of first appearance
  std::vector<std::size_t> unique_of;  ///< by index in asked: index in unique
  std::vector<std::size_t> first_of;   ///< by index in unique: index in asked
};

Architectures unite_names(std::vector<std::string> asked);

}  // namespace zcp::apps
