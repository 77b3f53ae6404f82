// Small studies for the tests of reports.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "analysis/report/report.h"
#include "common/random.h"

namespace zcp::test {

using Column = std::vector<double>;

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What a report is made from.
struct Material {
  tables::Table scores;
  tables::Table truth;
  report::ReportOptions options;
};

inline report::Report make(const Material& material) {
  return report::make_report(
      material.scores,
      material.truth,
      material.options,
      report::read_origin("scores.csv"));
}

/// `size` architectures: #params that tell something of the accuracy, a proxy
/// that tells more and lacks every tenth score, one of pure noise, a constant;
/// two metrics, the second without a value for every seventh, and a latency.
inline Material sample_material(std::size_t size) {
  std::vector<float> noise(4 * size);
  fill_normal(noise, 1.0F, 11);
  Column accuracy(size), second(size), latency(size);
  Column params(size), good(size), random(size);
  std::vector<std::string> arch(size);
  for (std::size_t i = 0; i < size; ++i) {
    arch[i] = "arch" + std::to_string(i);
    accuracy[i] = noise[i];
    second[i] = i % 7 == 3 ? kNan : 2.0 * noise[i] + noise[3 * size + i];
    latency[i] = 5 + std::abs(noise[2 * size + i]);
    params[i] = std::round(3 * (noise[i] + noise[size + i]));
    good[i] = i % 10 == 9 ? kNan : noise[i] + 0.2 * noise[2 * size + i];
    random[i] = noise[3 * size + i];
  }
  Material material;
  material.scores = {
      "scores.csv",
      arch,
      {"params", "good", "random", "flat"},
      {params, good, random, Column(size, 1.0)}};
  material.truth = {
      "truth.csv",
      arch,
      {"accuracy", "second", "latency"},
      {accuracy, second, latency}};
  material.options.study.metrics = {"accuracy", "second"};
  material.options.study.top = {0.5, 0.1};
  material.options.study.draws = 200;
  return material;
}

}  // namespace zcp::test
