#include "analysis/store/model_key.h"

#include <algorithm>
#include <unordered_map>

#include "common/hash.h"

namespace zcp::store {
namespace {

constexpr std::size_t kDigits = 16;

}  // namespace

std::string model_key(std::string_view name, std::uint64_t content) {
  return std::string(name) + "@" + hash_hex(content);
}

std::string_view model_name(std::string_view key) {
  return names_content(key) ? key.substr(0, key.size() - kDigits - 1) : key;
}

bool names_content(std::string_view key) {
  if (key.size() <= kDigits) return false;
  const std::string_view digits = key.substr(key.size() - kDigits);
  return key[key.size() - kDigits - 1] == '@' &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> shown_models(const std::vector<std::string>& keys) {
  std::unordered_map<std::string_view, int> count;
  for (const std::string& key : keys) ++count[model_name(key)];
  std::vector<std::string> shown;
  for (const std::string& key : keys) {
    if (count[model_name(key)] == 1) {
      shown.emplace_back(model_name(key));
    } else {
      shown.push_back(names_content(key) ? key : key + "@unknown");
    }
  }
  return shown;
}

}  // namespace zcp::store
