// Of which space the architectures of a file of scores are. No LibTorch.
#pragma once

#include <memory>
#include <string>

#include "nets/spaces/space.h"

namespace zcp::apps {

/// The space that is `asked` for (a name, or a file that describes one), else
/// the one that a store at `path` names; null where neither says one. Throws
/// UserError where `asked` and the store's space are different ones of which a
/// file describes one, and for a store whose space a file describes where that
/// file is not asked for.
std::shared_ptr<const spaces::Space> open_space_of_scores(
    const std::string& path,
    const std::string& asked);

}  // namespace zcp::apps
