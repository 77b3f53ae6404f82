#include "apps/device_option.h"

#include <algorithm>

#include "apps/allocation.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

std::string kind_of_one(const std::string& device) {
  return device.substr(0, device.find(':'));
}

}  // namespace

void add_device_option(po::options_description& to) {
  to.add_options()(
      "device",
      po::value<std::string>()->default_value("cpu"),
      "cpu, or cuda:0[,cuda:1...]; cuda stands for all that "
      "CUDA_VISIBLE_DEVICES lists");
}

std::vector<std::string> parse_devices(const po::variables_map& values) {
  const auto text = values["device"].as<std::string>();
  std::vector<std::string> devices = named_list("device", text);
  if (text == "cuda") devices = visible_devices().value_or(devices);
  if (devices.empty()) {
    throw UserError("--device cuda: CUDA_VISIBLE_DEVICES lists no device");
  }
  for (const std::string& device : devices) {
    const std::string kind = kind_of_one(device);
    if (kind != "cpu" && kind != "cuda") {
      throw UserError(
          "--device {}: expected cpu or cuda:0[,cuda:1...]", device);
    }
    if (kind != kind_of(devices) || std::ranges::count(devices, device) > 1) {
      throw UserError(
          "--device {}: expected different devices of one kind", text);
    }
  }
  return devices;
}

std::string kind_of(const std::vector<std::string>& devices) {
  return kind_of_one(devices[0]);
}

int worker_count(int asked, const std::vector<std::string>& devices) {
  const int count = static_cast<int>(devices.size());
  if (asked > 0) return asked * count;
  return std::max(allocated_cores() / count, 1) * count;
}

}  // namespace zcp::apps
