#include "apps/proxy_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/study/composite.h"
#include "apps/command.h"

namespace zcp::apps {

std::vector<std::string> proxies_asked_for(
    const std::string& list,
    std::vector<std::string>& notes) {
  named_list("proxies", list);
  std::vector<std::string> names;
  for (const std::string& item : study::split_composites(list)) {
    if (!study::is_composite(item)) {
      names.push_back(item);
      continue;
    }
    const study::Composite composite = study::parse_composite(item);
    names.insert(
        names.end(), composite.members.begin(), composite.members.end());
    notes.push_back(fmt::format(
        "{0} is made of ranks over all architectures; its ingredients {1} are "
        "scored, and zcp rank --by '{2}' or zcp correlate --composites '{2}' "
        "makes it of them",
        composite.name,
        fmt::join(composite.members, ", "),
        item));
  }
  return names;
}

}  // namespace zcp::apps
