// The factories of all spaces, declared.
#pragma once

#include <memory>

#include "nets/spaces/space.h"

namespace zcp::spaces {

#define ZCP_SPACE(name) std::unique_ptr<const Space> make_##name();
#include "nets/spaces/list.inc"
#undef ZCP_SPACE

}  // namespace zcp::spaces
