#include "apps/process_settings.h"

namespace zcp::apps {

void set_up_process() {}

}  // namespace zcp::apps
