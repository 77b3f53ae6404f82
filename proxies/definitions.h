// The descriptions of all proxies, declared: the registry collects them, and a
// definition that varies another one starts from it. No LibTorch in this
// header.
#pragma once

#include "proxies/engine/descriptor.h"

namespace zcp::definitions {

#define ZCP_PROXY(name) engine::Descriptor name();
#include "proxies/definitions/list.inc"
#undef ZCP_PROXY

}  // namespace zcp::definitions
