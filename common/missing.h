// What stands for a number that is not there.
#pragma once

#include <limits>

namespace zcp {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace zcp
