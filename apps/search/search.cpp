#include "apps/commands.h"
#include "apps/search/columns.h"
#include "apps/search/networks.h"
#include "apps/search/options.h"
#include "apps/search/run.h"

namespace zcp::apps {

int search(const Arguments& arguments) {
  const auto options = parse_search_options(arguments);
  return options ? search_somewhere(arguments, *options) : 0;
}

}  // namespace zcp::apps
