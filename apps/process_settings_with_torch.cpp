#include "apps/process_settings.h"
#include "nets/kernels/one_core.h"

namespace zcp::apps {

void set_up_process() {
  kernels::set_blas_threads_to_one();
  kernels::keep_memory();
}

}  // namespace zcp::apps
