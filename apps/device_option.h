// The option --device, and how many workers serve what it names.
#pragma once

#include <string>
#include <vector>

#include "apps/option_values.h"

namespace zcp::apps {

/// Adds --device; without it everything runs on the processor.
void add_device_option(boost::program_options::options_description& to);

/// The devices that --device lists (cpu, cuda:0[,cuda:1...], or cuda for those
/// of CUDA_VISIBLE_DEVICES), at least one. Throws UserError for other names and
/// for devices of several kinds or named twice; whether the machine has them is
/// seen by who computes there.
std::vector<std::string> parse_devices(
    const boost::program_options::variables_map& values);

/// cpu or cuda.
std::string kind_of(const std::vector<std::string>& devices);

/// As many as were asked for on each device; where nothing was (0), the cores
/// that were allocated on a processor, and their share on each device:
/// launching kernels takes a core.
int worker_count(int asked, const std::vector<std::string>& devices);

}  // namespace zcp::apps
