#include <doctest/doctest.h>

#include "apps/train/protocol.h"
#include "tests/support/make_idx.h"

TEST_CASE("a training's protocol names data, sizes and hyperparameters") {
  const zcp::test::TemporaryFolder folder;
  zcp::test::write_fashion_mnist(folder, 40, 20);
  const auto options = zcp::apps::parse_train_options(
      {"--space",
       "nats-tss",
       "--sample",
       "1",
       "--task",
       "fashion-mnist",
       "--data",
       folder.path().string(),
       "--train-images",
       "30",
       "--epochs",
       "4",
       "--csv",
       "a.csv",
       "--cells",
       "1"});
  REQUIRE(options);
  const auto selection = zcp::apps::select_architectures(options->selection, 0);
  const auto data =
      zcp::tasks::open_training_data(options->task.name, options->data);
  auto protocol = zcp::apps::train_protocol(*options, selection, data);
  CHECK(protocol["data"].size() == 16);
  protocol.erase("data");
  CHECK(
      protocol == zcp::store::Protocol{
                      {"kind", "training"},
                      {"space", "nats-tss"},
                      {"task", "fashion-mnist"},
                      {"classes", "10"},
                      {"transform", "augment"},
                      {"train_images", "30"},
                      {"test_images", "20"},
                      {"resolution", "28"},
                      {"epochs", "4"},
                      {"batch_size", "128"},
                      {"learning_rate", "0.1"},
                      {"momentum", "0.9"},
                      {"weight_decay", "0.0005"},
                      {"init", "pytorch"},
                      {"cells", "1"}});
  auto elsewhere = *options;
  elsewhere.devices = {"cuda:1", "cuda:0"};
  CHECK(
      zcp::apps::train_protocol(elsewhere, selection, data)["device"] ==
      "cuda");
}
