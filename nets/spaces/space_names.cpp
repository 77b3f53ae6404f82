#include "nets/spaces/space_names.h"

#include <cctype>

namespace zcp::spaces {
namespace {

struct OtherName {
  std::string_view name;
  std::string_view space;
};

constexpr OtherName kOtherNames[] = {
    {"nas-bench-201", "nats-tss"},
    {"nats-bench-tss", "nats-tss"},
    {"nats", "nats-tss"},
    {"tss", "nats-tss"},
    {"nats-bench-sss", "nats-sss"},
    {"sss", "nats-sss"},
    {"nas-bench-301", "darts"},
    {"transnas-bench-101-micro", "transnas-micro"},
    {"transnas-bench-101-macro", "transnas-macro"},
    {"mobilenet", "mobilenet-v2"}};

}  // namespace

std::string folded_name(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const std::size_t bench = folded.find("nasbench");
  if (bench == std::string::npos) return folded;
  return folded.substr(0, bench) + "nb" + folded.substr(bench + 8);
}

std::string space_name(
    const std::string& name,
    const std::vector<std::string>& known) {
  const std::string folded = folded_name(name);
  for (const std::string& space : known) {
    if (folded_name(space) == folded) return space;
  }
  for (const auto& [other, space] : kOtherNames) {
    if (folded_name(other) == folded) return std::string(space);
  }
  return name;
}

std::vector<std::string> other_space_names(std::string_view space) {
  std::vector<std::string> names;
  for (const auto& [other, own] : kOtherNames) {
    if (own == space) names.emplace_back(other);
  }
  return names;
}

}  // namespace zcp::spaces
