#include <cstdlib>

#include "apps/process_settings.h"
#include "nets/kernels/one_core.h"

namespace zcp::apps {

void set_up_process() {
  kernels::set_blas_threads_to_one();
  kernels::keep_memory();
  // Without it cuBLAS may sum in another order from one run to the next.
  constexpr int kKeepWhatIsSet = 0;
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", kKeepWhatIsSet);
}

}  // namespace zcp::apps
