#include "apps/commands.h"
#include "apps/score/options.h"
#include "apps/score/run.h"

namespace zcp::apps {

int score(const Arguments& arguments) {
  if (const auto options = parse_score_options(arguments)) run_score(*options);
  return 0;
}

}  // namespace zcp::apps
