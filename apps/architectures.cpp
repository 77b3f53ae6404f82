#include "apps/architectures.h"

#include <string_view>
#include <unordered_map>

namespace zcp::apps {

Architectures unite_names(std::vector<std::string> asked) {
  Architectures result;
  result.asked = std::move(asked);
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < result.asked.size(); ++i) {
    const std::string& name = result.asked[i];
    const auto [found, is_new] = seen.try_emplace(name, result.unique.size());
    if (is_new) {
      result.unique.push_back(name);
      result.first_of.push_back(i);
    }
    result.unique_of.push_back(found->second);
  }
  return result;
}

}  // namespace zcp::apps
