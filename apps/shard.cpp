#include "apps/shard.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "apps/command.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// The part of each function, by its hash.
std::map<std::uint64_t, std::uint64_t> parts_by_cost(
    std::span<const engine::Fingerprint> prints,
    std::uint64_t count) {
  // Part of the time does not depend on the architecture.
  constexpr double kOverhead = 1e6;
  std::map<std::uint64_t, double> cost;
  for (const engine::Fingerprint& print : prints) {
    cost[print.functional] = static_cast<double>(print.macs) + kOverhead;
  }
  std::vector<std::pair<double, std::uint64_t>> order;
  for (const auto& [hash, own] : cost) order.emplace_back(-own, hash);
  std::ranges::sort(order);
  std::vector<double> sums(count, 0);
  std::map<std::uint64_t, std::uint64_t> parts;
  for (const auto& [negative, hash] : order) {
    const auto least = std::ranges::min_element(sums);
    *least -= negative;
    parts[hash] = static_cast<std::uint64_t>(least - sums.begin());
  }
  return parts;
}

}  // namespace

std::vector<bool> Shard::part_of(
    std::span<const engine::Fingerprint> prints) const {
  std::vector<bool> mine(prints.size(), true);
  if (count == 1) return mine;
  const auto parts = by == ShardBy::cost
                         ? parts_by_cost(prints, count)
                         : std::map<std::uint64_t, std::uint64_t>{};
  for (std::size_t i = 0; i < prints.size(); ++i) {
    const std::uint64_t hash = prints[i].functional;
    const std::uint64_t part =
        by == ShardBy::cost ? parts.at(hash) : hash % count;
    mine[i] = part == index;
  }
  return mine;
}

void add_shard_options(po::options_description& options) {
  options.add_options()(
      "shard",
      po::value<std::string>(),
      "only part I of N parts of the architectures, 0 <= I < N (in a Slurm "
      "array: the task's part)")(
      "shard-by",
      po::value<std::string>()->default_value("hash"),
      "hash: an architecture's part depends on nothing else; or cost: parts "
      "take equally long, and depend on all architectures asked for");
}

Shard parse_shard_options(const po::variables_map& values) {
  Shard shard;
  if (values.count("shard") != 0) {
    shard = parse_shard(values["shard"].as<std::string>());
  }
  const auto by = values["shard-by"].as<std::string>();
  if (by != "hash" && by != "cost") {
    throw UserError("--shard-by {}: expected hash or cost", by);
  }
  if (by == "cost") shard.by = ShardBy::cost;
  return shard;
}

Shard parse_shard(const std::string& text) {
  const auto parts = split_list(text, '/');
  Shard shard;
  const auto parse = [](const std::string& part, std::uint64_t& number) {
    const char* end = part.data() + part.size();
    const auto result = std::from_chars(part.data(), end, number);
    return result.ec == std::errc() && result.ptr == end;
  };
  if (parts.size() != 2 || !parse(parts[0], shard.index) ||
      !parse(parts[1], shard.count)) {
    throw UserError("--shard {}: expected I/N, like 0/4", text);
  }
  if (shard.count == 0 || shard.index >= shard.count) {
    throw UserError("--shard {}: expected 0 <= I < N", text);
  }
  return shard;
}

}  // namespace zcp::apps
