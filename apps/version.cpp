#include "apps/version.h"

namespace zcp::apps {

std::string_view version() {
  return ZCP_VERSION;
}

}  // namespace zcp::apps
