// Every proxy by name. No LibTorch in this header.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "proxies/engine/descriptor.h"

namespace zcp::proxies {

/// All proxies in the order `zcp proxies` lists them.
std::span<const engine::Descriptor> registry();

/// The proxy of this name or alias, in any spelling of case, dashes and
/// underscores, or of a name that only it has elsewhere (zen_score of zen).
/// Throws UserError, which says the nearest name, for one that no proxy has.
const engine::Descriptor& find_proxy(const std::string& name);

/// Resolves names, aliases and the groups core, suite-zero and all, in order,
/// each proxy once. Throws UserError as find_proxy() does, or for no names.
std::vector<const engine::Descriptor*> select_proxies(
    const std::vector<std::string>& names);

/// Names that stand for several proxies; which ones is said by the proxies
/// themselves (Descriptor::core, Descriptor::suite_zero).
struct Group {
  std::string name;
  std::vector<std::string> members;  ///< names or aliases
};

/// core, whose members are in the order of the registry, and suite-zero, whose
/// members are in alphabetical order.
std::span<const Group> groups();

}  // namespace zcp::proxies
