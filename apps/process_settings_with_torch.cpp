#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "apps/allocation.h"
#include "apps/process_settings.h"
#include "nets/kernels/one_core.h"

namespace zcp::apps {
namespace {

/// Where a control group or Slurm grants less memory than the machine has, more
/// than that is refused to whoever asks for it, so that a network that needs
/// more has no score and a reason; without this the system kills the process. A
/// part is left for code and files, which count in a group, too.
void stay_within_memory() {
  constexpr std::int64_t kLeast = std::int64_t{256} << 20;
  // The driver of a device maps far more than it uses.
  if (std::getenv("CUDA_VISIBLE_DEVICES") != nullptr ||
      access("/dev/nvidiactl", F_OK) == 0) {
    return;
  }
  const std::int64_t machine =
      std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  const std::int64_t allowed = allocated_memory();
  if (allowed >= machine || allowed < kLeast) return;
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const auto most = static_cast<rlim_t>(allowed - allowed / 8);
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most) return;
  limit.rlim_cur = most;
  setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace

void set_up_process() {
  kernels::set_blas_threads_to_one();
  kernels::keep_memory();
  stay_within_memory();
  // Without it cuBLAS may sum in another order from one run to the next.
  constexpr int kKeepWhatIsSet = 0;
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", kKeepWhatIsSet);
}

}  // namespace zcp::apps
