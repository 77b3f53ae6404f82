#include "proxies/engine/schedule.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace zcp::engine {
namespace {

/// Collects missing scores into items, one for each key.
class Collector {
 public:
  explicit Collector(graph::Folding folding) : folding_(folding) {}

  void add(std::uint64_t key, const MissingScore& score, std::int64_t macs) {
    const auto [found, is_new] = index_.try_emplace(key, items_.size());
    if (is_new) items_.push_back({score.architecture, folding_, {}, {}, macs});
    WorkItem& item = items_[found->second];
    const auto place = std::ranges::find(item.proxies, score.proxy);
    const auto position =
        static_cast<std::size_t>(place - item.proxies.begin());
    if (place == item.proxies.end()) {
      item.proxies.push_back(score.proxy);
      item.architectures.emplace_back();
    }
    item.architectures[position].push_back(score.architecture);
  }

  std::vector<WorkItem>& items() { return items_; }

 private:
  graph::Folding folding_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  std::vector<WorkItem> items_;
};

void append(WorkItem& to, WorkItem&& from) {
  for (std::size_t i = 0; i < from.proxies.size(); ++i) {
    to.proxies.push_back(from.proxies[i]);
    to.architectures.push_back(std::move(from.architectures[i]));
  }
}

/// Puts an item's proxies into the order asked, so that it does not depend on
/// the order of the missing scores.
void sort_proxies(WorkItem& item) {
  std::vector<std::size_t> order(item.proxies.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return item.proxies[i]; });
  WorkItem sorted{item.representative, item.folding, {}, {}, item.macs};
  for (const std::size_t i : order) {
    sorted.proxies.push_back(item.proxies[i]);
    sorted.architectures.push_back(std::move(item.architectures[i]));
  }
  item = std::move(sorted);
}

}  // namespace

double relative_cost(const WorkItem& item) {
  // BatchNorm, pooling and sums of a cell without convolutions take about as
  // long as the convolutions of so many MACs (measured on NATS-TSS).
  constexpr double kFixed = 3e7;
  return static_cast<double>(item.proxies.size()) *
         (static_cast<double>(item.macs) + kFixed);
}

std::vector<WorkItem> make_schedule(
    std::span<const Fingerprint> architectures,
    std::span<const Descriptor* const> proxies,
    std::span<const MissingScore> missing) {
  Collector functional(graph::Folding::functional);
  Collector declared(graph::Folding::as_declared);
  for (const MissingScore& score : missing) {
    const Fingerprint& print = architectures[score.architecture];
    if (proxies[score.proxy]->needs.folding == graph::Folding::functional) {
      functional.add(print.functional, score, print.macs);
    } else {
      declared.add(print.declared_calls, score, print.macs);
    }
  }
  // A declared graph in which everything is read is the functional one.
  std::unordered_map<std::uint64_t, std::size_t> same;
  for (std::size_t i = 0; i < declared.items().size(); ++i) {
    const auto& item = declared.items()[i];
    same.try_emplace(architectures[item.representative].declared, i);
  }
  std::vector<WorkItem> items = std::move(declared.items());
  for (WorkItem& item : functional.items()) {
    const auto found = same.find(architectures[item.representative].functional);
    if (found != same.end()) {
      append(items[found->second], std::move(item));
    } else {
      items.push_back(std::move(item));
    }
  }
  for (WorkItem& item : items) sort_proxies(item);
  // The heaviest first, so that the last one, for which the other workers wait,
  // is short.
  std::ranges::stable_sort(items, std::ranges::greater{}, &WorkItem::macs);
  return items;
}

}  // namespace zcp::engine
