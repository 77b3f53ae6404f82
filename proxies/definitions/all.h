// The descriptors of all proxies, declared.
#pragma once

#include "proxies/engine/descriptor.h"

namespace zcp::definitions {

#define ZCP_PROXY(name) engine::Descriptor name();
#include "proxies/definitions/list.inc"
#undef ZCP_PROXY

}  // namespace zcp::definitions
