// tests/golden/study_vectors.json, and numbers as it has them.
#pragma once

#include <boost/crc.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/test_files.h"

namespace zcp::test {

using Vector = std::vector<double>;

/// Read once: a loop over a part of it needs the whole to live on.
inline const nlohmann::json& study_vectors() {
  static const auto vectors =
      nlohmann::json::parse(std::ifstream(golden("study_vectors.json")));
  return vectors;
}

inline double number(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                         : value.get<double>();
}

inline Vector column(const nlohmann::json& values) {
  Vector out;
  for (const auto& value : values) out.push_back(number(value));
  return out;
}

inline std::vector<Vector> columns(const nlohmann::json& values) {
  std::vector<Vector> out;
  for (const auto& value : values) out.push_back(column(value));
  return out;
}

/// Equal to `tolerance`, or both NaN.
inline bool agree(double a, double b, double tolerance = 1e-12) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= tolerance;
}

inline bool agree(double a, const nlohmann::json& b, double tolerance = 1e-12) {
  return agree(a, number(b), tolerance);
}

/// True, with a message, unless `path` is the file that the golden values
/// `expected` were made from.
inline bool other_file(
    const std::filesystem::path& path,
    const nlohmann::json& expected) {
  if (absent(path)) return true;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  if (crc.checksum() == expected["crc32"].get<std::uint32_t>()) return false;
  skip("the golden values are of another " + path.string());
  return true;
}

}  // namespace zcp::test
