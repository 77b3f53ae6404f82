#include "proxies/registry.h"

#include <algorithm>
#include <array>

#include "common/error.h"
#include "proxies/definitions.h"

namespace zcp::proxies {

namespace {

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
  std::vector<std::string> known;
  for (const engine::Descriptor& proxy : registry()) {
    if (proxy.name == name) return proxy;
    if (std::ranges::find(proxy.aliases, name) != proxy.aliases.end()) {
      return proxy;
    }
    known.push_back(proxy.name);
  }
  const std::string near = nearest_name(name, known);
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
