// Every proxy by name. No LibTorch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "proxies/engine/descriptor.h"

namespace zcp::proxies {

/// All proxies in the order `zcp proxies` lists them.
std::span<const engine::Descriptor> registry();

/// Throws UserError with the nearest name for a name that no proxy has.
const engine::Descriptor& find_proxy(const std::string& name);

/// Resolves names, aliases and the groups core, suite-zero and all, in order,
/// each proxy once. Throws UserError as find_proxy, or when nothing is asked.
std::vector<const engine::Descriptor*> select_proxies(
    const std::vector<std::string>& names);

/// The groups and their members.
struct Group {
  std::string name;
  std::vector<std::string> members;
};
std::span<const Group> groups();

}  // namespace zcp::proxies
