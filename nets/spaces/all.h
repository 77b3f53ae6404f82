// The factories of all spaces; a space is one file in this folder.
#pragma once

#include <memory>

#include "nets/space.h"

namespace zcp::nets {

std::unique_ptr<const Space> make_nats_tss();

}  // namespace zcp::nets
