// The batch script of `zcp submit`.
#pragma once

#include <string>

#include "apps/submit/options.h"

namespace zcp::apps {

/// A script that is the array where Slurm runs it (`sbatch FILE`), and submits
/// the array with the jobs that depend on it where a shell does (`bash FILE`).
/// apps/slurm/ has examples.
std::string submit_script(const SubmitOptions& options);

}  // namespace zcp::apps
