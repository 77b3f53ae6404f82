#include "apps/commands.h"
#include "apps/train/options.h"
#include "apps/train/run.h"
#include "apps/train/suggest.h"

namespace zcp::apps {

int train(const Arguments& arguments) {
  const auto options = parse_train_options(arguments);
  if (!options) return 0;
  return options->suggest ? suggest_trainings(*options) : run_train(*options);
}

}  // namespace zcp::apps
