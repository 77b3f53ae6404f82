// The names by which people call the search spaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zcp::spaces {

/// Lower case, without dashes, underscores and spaces, `nasbench` as `nb`: what
/// "NAS-Bench-201", "nasbench201" and "nb201" have in common.
std::string folded_name(std::string_view name);

/// The name of the space that `name` stands for: that of `known` which is the
/// same when folded, or the space behind another benchmark's name
/// (nas-bench-201 is nats-tss); `name` itself where there is none.
std::string space_name(
    const std::string& name,
    const std::vector<std::string>& known);

/// Other names of the space, as their benchmarks are called.
std::vector<std::string> other_space_names(std::string_view space);

}  // namespace zcp::spaces
