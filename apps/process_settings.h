// What a program sets for its whole process before any subcommand runs.
#pragma once

namespace zcp::apps {

/// Called once, by main. For a program that is linked with LibTorch: OpenBLAS
/// uses one thread, so that scores do not depend on how many networks are
/// worked on at once, and memory that one network has released is kept for the
/// next one. For the others: nothing.
void set_up_process();

}  // namespace zcp::apps
