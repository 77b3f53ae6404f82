#include "apps/commands.h"
#include "apps/score/options.h"
#include "apps/score/run.h"

namespace zcp::apps {

int score(const Arguments& arguments) {
  const auto options = parse_score_options(arguments);
  return options ? run_score(*options) : 0;
}

}  // namespace zcp::apps
