// What the numerical libraries are. No LibTorch in this header.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace zcp::engine {

/// Versions and capabilities that may change the last digits of a score, as
/// (name, value), for provenance.
std::vector<std::pair<std::string, std::string>> backend_description();

}  // namespace zcp::engine
