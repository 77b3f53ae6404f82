// How long a network takes on a device. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <string>

#include "nets/graph/graph.h"

namespace zcp::engine {

struct LatencyOptions {
  int batch_size = 1;
  int threads = 1;  ///< of a processor
  int warm_up = 5;  ///< passes before the clock counts
  int repetitions = 30;
  std::string precision = "fp32";  ///< as tensor_options() takes it
  std::string device = "cpu";
};

/// Seconds of a forward pass in eval mode, the device's queue waited for.
struct Latency {
  double median = 0;
  /// Ends of an interval that holds the median with at least 95 % (order
  /// statistics, by the binomial distribution); the least and the greatest
  /// pass where there are too few for that.
  double low = 0;
  double high = 0;
};

/// From so many passes on there is an interval that holds the median with 95 %.
constexpr int kLeastPasses = 6;

/// Runs the network of a graph, with weights drawn by PyTorch's rules, on
/// noise, or on random words where it looks words up. Sets the threads of the
/// calling thread's operators. Nothing else should run meanwhile. Throws
/// UserError for a device or precision there is not and for a graph of which no
/// network can be run, and std::invalid_argument for numbers below 1 (warm-up
/// below 0).
Latency measure_latency(
    const graph::Graph& graph,
    const LatencyOptions& options);

/// The interval's places among `count` ascending times: of the first and of
/// the last that is in it.
struct MedianPlaces {
  int low;
  int high;
};
MedianPlaces median_places(int count);

}  // namespace zcp::engine
