#include "apps/commands.h"
#include "apps/train/options.h"
#include "apps/train/run.h"

namespace zcp::apps {

int train(const Arguments& arguments) {
  const auto options = parse_train_options(arguments);
  return options ? run_train(*options) : 0;
}

}  // namespace zcp::apps
