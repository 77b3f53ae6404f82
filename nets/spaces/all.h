// The factories of all spaces; a space is one file in this folder.
#pragma once

#include <memory>

#include "nets/spaces/space.h"

namespace zcp::spaces {

std::unique_ptr<const Space> make_nats_tss();
std::unique_ptr<const Space> make_nats_sss();
std::unique_ptr<const Space> make_nas_bench_101();
std::unique_ptr<const Space> make_nas_bench_macro();
std::unique_ptr<const Space> make_resnet();
std::unique_ptr<const Space> make_mobilenet_v2();
std::unique_ptr<const Space> make_transnas_micro();
std::unique_ptr<const Space> make_transnas_macro();
std::unique_ptr<const Space> make_darts();
std::unique_ptr<const Space> make_nas_bench_360();

}  // namespace zcp::spaces
