#include "proxies/registry.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <string_view>

#include "common/error.h"
#include "proxies/definitions.h"

namespace zcp::proxies {

namespace {

/// What papers and other programs call a proxy, where it is one and the same;
/// as folded_name() writes it.
struct OtherName {
  std::string_view folded;
  std::string_view proxy;
};

constexpr OtherName kOtherNames[] = {
    {"zenscore", "zen"},
    {"zennas", "zen"},
    {"jacobiancovariance", "jacob_cov"},
    {"numparams", "params"},
    {"nparams", "params"},
    {"parameters", "params"},
    {"gradientnorm", "grad_norm"},
    {"epe", "epe_nas"},
    {"azexpressivity", "expressivity"},
    {"azprogressivity", "progressivity"},
    {"aztrainability", "trainability"},
    {"zicoscore", "zico"},
    {"swapscore", "swap"},
    {"swapnas", "swap"},
    {"logsyn", "logsynflow"},
    {"ntkcond", "ntk_condition"},
    {"linearregion", "linear_regions"}};

/// Names that do not say which of several numbers is meant.
struct Several {
  std::string_view folded;
  std::string_view choices;
};

constexpr Several kSeveral[] = {
    {"ntk",
     "ntk_condition (the condition number, as in TE-NAS), ntk_trace, or "
     "--composites te_nas of zcp correlate"},
    {"synflows", "synflow, synflow_bn or logsynflow"},
    {"fim", "vkdnw or vkdnw_fim"}};

/// Lower case, without dashes, underscores and spaces.
std::string folded_name(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return folded;
}

engine::Descriptor named(const char* name, engine::Descriptor proxy) {
  proxy.name = name;
  return proxy;
}

std::array<Group, 2> collect_groups() {
  Group core{"core", {}};
  Group suite_zero{"suite-zero", {}};
  for (const engine::Descriptor& proxy : registry()) {
    if (proxy.core) core.members.push_back(proxy.name);
    if (!proxy.suite_zero.empty()) {
      suite_zero.members.push_back(proxy.suite_zero);
    }
  }
  std::ranges::sort(suite_zero.members);
  return {core, suite_zero};
}

/// The proxy that was perhaps meant: of the nearest name, or else one that
/// begins with the same letters, three at least; empty: there is none.
std::string near_proxy(
    const std::string& name,
    const std::vector<std::string>& known) {
  const std::string folded = folded_name(name);
  std::vector<std::string> others;
  for (const OtherName& other : kOtherNames) others.emplace_back(other.folded);
  const std::string near = nearest_name(name, known);
  if (!near.empty()) return near;
  const std::string other = nearest_name(folded, others);
  if (!other.empty()) {
    return std::string(
        std::ranges::find(kOtherNames, other, &OtherName::folded)->proxy);
  }
  std::string best;
  std::size_t most = 2;
  for (const std::string& each : known) {
    const std::string own = folded_name(each);
    const auto end = std::ranges::mismatch(own, folded);
    const auto same = static_cast<std::size_t>(end.in1 - own.begin());
    if (same > most) {
      most = same;
      best = each;
    }
  }
  return best;
}

}  // namespace

std::span<const engine::Descriptor> registry() {
  static const std::array all{
#define ZCP_PROXY(name) named(#name, definitions::name()),
#include "proxies/definitions/list.inc"
#undef ZCP_PROXY
  };
  return all;
}

std::span<const Group> groups() {
  static const std::array all = collect_groups();
  return all;
}

const engine::Descriptor& find_proxy(const std::string& name) {
  const std::string folded = folded_name(name);
  const auto* other =
      std::ranges::find(kOtherNames, folded, &OtherName::folded);
  const std::string wanted =
      other == std::end(kOtherNames) ? folded : folded_name(other->proxy);
  std::vector<std::string> known;
  for (const engine::Descriptor& proxy : registry()) {
    if (folded_name(proxy.name) == wanted) return proxy;
    for (const std::string& alias : proxy.aliases) {
      if (folded_name(alias) == wanted) return proxy;
      known.push_back(alias);
    }
    known.push_back(proxy.name);
  }
  const auto* several = std::ranges::find(kSeveral, folded, &Several::folded);
  if (several != std::end(kSeveral)) {
    throw UserError(
        "unknown proxy {}, which is several things here: {} (zcp proxies "
        "explains them)",
        name,
        several->choices);
  }
  for (const Group& group : groups()) known.push_back(group.name);
  const std::string near = near_proxy(name, known);
  throw UserError(
      "unknown proxy {}{} (zcp proxies lists them)",
      name,
      near.empty() ? "" : ", did you mean " + near + "?");
}

std::vector<const engine::Descriptor*> select_proxies(
    const std::vector<std::string>& names) {
  std::vector<const engine::Descriptor*> selected;
  const auto add = [&](const engine::Descriptor& proxy) {
    if (std::ranges::find(selected, &proxy) == selected.end()) {
      selected.push_back(&proxy);
    }
  };
  for (const std::string& name : names) {
    const auto group = std::ranges::find(groups(), name, &Group::name);
    if (group != groups().end()) {
      for (const std::string& member : group->members) add(find_proxy(member));
    } else if (name == "all") {
      for (const engine::Descriptor& proxy : registry()) add(proxy);
    } else {
      add(find_proxy(name));
    }
  }
  if (selected.empty()) {
    throw UserError("--proxies names none (zcp proxies lists them)");
  }
  return selected;
}

}  // namespace zcp::proxies
