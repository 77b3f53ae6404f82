// The passes that observers see: forward and backward, once for all proxies
// that need the same. Needs LibTorch.
#pragma once

#include "proxies/engine/proxy_run.h"

namespace zcp::engine {

/// The kind whose passes serve `kind` too: the Jacobian is taken of the forward
/// pass of a minibatch.
PassKind shared_kind(PassKind kind);

/// Makes the observers of `runs`, runs the passes of `kind` with the united
/// needs of all and takes the scores. What an observer throws is its own
/// failure. After a pass that throws, the passes are repeated for each run
/// alone, so that only those fail whose own passes throw: a score does not
/// depend on the proxies that are computed beside it.
///
/// `setting.network` is null for PassKind::structure. The time that the group
/// takes together is divided equally between its runs.
void run_group(PassKind kind, const Setting& setting, const ProxyRuns& runs);

}  // namespace zcp::engine
