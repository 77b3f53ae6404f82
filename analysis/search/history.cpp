#include "analysis/search/history.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace zcp::search {

std::optional<std::size_t> History::find(const std::string& arch) const {
  const auto found = places_.find(arch);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

std::size_t History::add(const std::string& arch) {
  const std::size_t record = archs_.size();
  if (!places_.emplace(arch, record).second) {
    throw std::logic_error("an architecture was evaluated twice: " + arch);
  }
  archs_.push_back(arch);
  for (auto& values : values_) {
    values.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  return record;
}

void History::set_values(std::size_t objective, std::vector<double> values) {
  if (values.size() != archs_.size()) {
    throw std::logic_error("values of another number of architectures");
  }
  values_[objective] = std::move(values);
}

double History::fitness(std::size_t record, std::size_t objective) const {
  const double value = values_[objective][record];
  return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

std::optional<std::size_t> History::best() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < size(); ++i) {
    if (std::isnan(value(i))) continue;
    if (!best || value(i) > value(*best)) best = i;
  }
  return best;
}

}  // namespace zcp::search
