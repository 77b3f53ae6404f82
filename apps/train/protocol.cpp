#include "apps/train/protocol.h"

#include <fmt/format.h>

#include "apps/device_option.h"

namespace zcp::apps {

store::Protocol train_protocol(
    const TrainOptions& options,
    const Selection& selection,
    const tasks::TrainingData& data) {
  const training::TrainingOptions& t = options.training;
  store::Protocol protocol{
      {"kind", "training"},
      {"space", selection.space->info().name},
      {"task", data.info.name},
      {"classes", std::to_string(data.info.classes)},
      {"transform", options.task.transform},
      {"train_images", std::to_string(data.train.size())},
      {"test_images", std::to_string(data.test.size())},
      {"resolution", std::to_string(data.info.shape.height)},
      {"epochs", std::to_string(t.epochs)},
      {"batch_size", std::to_string(t.batch_size)},
      {"learning_rate", fmt::format("{}", t.learning_rate)},
      {"momentum", fmt::format("{}", t.momentum)},
      {"weight_decay", fmt::format("{}", t.weight_decay)},
      {"init", options.init},
      {"data", data.fingerprint}};
  // Training magnifies the rounding in which kinds of devices differ. Stores of
  // processors were written before there was a choice.
  const std::string kind = kind_of(options.devices);
  if (kind != "cpu") protocol["device"] = kind;
  add_skeleton(protocol, selection.skeleton);
  return protocol;
}

}  // namespace zcp::apps
