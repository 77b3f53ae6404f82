// What the numbers of an autoencoder may be, as options and in a file.
#pragma once

#include "apps/command.h"

namespace zcp::apps {

constexpr Limits kEpochs{1, 100'000};
constexpr Limits kWidth{1, 4096};
constexpr Limits kLayers{1, 64};

}  // namespace zcp::apps
