#include "proxies/engine/schedule.h"

#include <algorithm>
#include <unordered_map>

namespace zcp::engine {
namespace {

/// Adds the target to the item of `key`, made when it is new.
class Collector {
 public:
  explicit Collector(graph::Folding folding) : folding_(folding) {}

  void add(std::uint64_t key, const Target& target, std::int64_t macs) {
    const auto [found, is_new] = index_.try_emplace(key, items_.size());
    if (is_new) items_.push_back({target.architecture, folding_, {}, {}, macs});
    WorkItem& item = items_[found->second];
    const auto at = std::ranges::find(item.proxies, target.proxy);
    const auto position = static_cast<std::size_t>(at - item.proxies.begin());
    if (at == item.proxies.end()) {
      item.proxies.push_back(target.proxy);
      item.architectures.emplace_back();
    }
    item.architectures[position].push_back(target.architecture);
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

/// Order of running: the heaviest first so that the last one is short.
void sort_heaviest_first(std::vector<WorkItem>& items) {
  for (WorkItem& item : items) {
    // Proxies in the order asked, so that an item does not depend on how its
    // targets came.
    std::vector<std::size_t> order(item.proxies.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(
        order, {}, [&](std::size_t i) { return item.proxies[i]; });
    WorkItem sorted{item.representative, item.folding, {}, {}, item.macs};
    for (const std::size_t i : order) {
      sorted.proxies.push_back(item.proxies[i]);
      sorted.architectures.push_back(std::move(item.architectures[i]));
    }
    item = std::move(sorted);
  }
  std::ranges::stable_sort(items, std::ranges::greater{}, &WorkItem::macs);
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
    std::span<const Target> missing) {
  Collector functional(graph::Folding::functional);
  Collector declared(graph::Folding::as_declared);
  for (const Target& target : missing) {
    const Fingerprint& print = architectures[target.architecture];
    if (proxies[target.proxy]->needs.folding == graph::Folding::functional) {
      functional.add(print.functional, target, print.macs);
    } else {
      declared.add(print.declared_calls, target, print.macs);
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
  sort_heaviest_first(items);
  return items;
}

}  // namespace zcp::engine
