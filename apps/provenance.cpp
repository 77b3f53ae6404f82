#include "apps/provenance.h"

#include "apps/version.h"
#include "proxies/engine/backend.h"

namespace zcp::apps {

store::Provenance this_run(const std::string& command_line, int workers) {
  store::Provenance made = store::this_machine();
  made.version = version();
  made.command = command_line;
  made.threads = workers;
  for (const auto& [name, value] : engine::backend_description()) {
    if (name == "libtorch") made.libtorch = value;
    if (name == "blas") made.blas = value;
  }
  return made;
}

}  // namespace zcp::apps
