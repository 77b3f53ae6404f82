// Which tensor of several is the output.
#include <stdexcept>
#include <string>

#include "nets/networks/script_output.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

at::Tensor chosen(const c10::IValue& returned, const char* output = nullptr) {
  ScriptOptions options;
  if (output != nullptr) options.output = output;
  return chosen_output(returned, options, "net.pt");
}

/// A dict of logits and a list of one feature map.
c10::IValue logits_and_features() {
  c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
  dict.insert("logits", at::ones({2, 10}));
  dict.insert("features", c10::List<at::Tensor>({at::zeros({2, 8, 4, 4})}));
  return dict;
}

}  // namespace

TEST_CASE("TorchScript outputs: a single tensor, however it is wrapped") {
  const at::Tensor logits = at::ones({2, 10});
  CHECK(chosen(logits).is_same(logits));
  CHECK(chosen(c10::ivalue::Tuple::create(logits, c10::IValue()))
            .is_same(logits));
  CHECK(chosen(c10::List<at::Tensor>({logits})).is_same(logits));
  CHECK_THROWS_AS(chosen(3), std::invalid_argument);
}

TEST_CASE("TorchScript outputs: several are listed until one is chosen") {
  const std::string message =
      zcp::test::user_error([] { chosen(logits_and_features()); });
  CHECK(message.find("net.pt: returns 2 tensors") != std::string::npos);
  CHECK(message.find("--output") != std::string::npos);
  CHECK(message.find("logits [2, 10]") != std::string::npos);
  CHECK(message.find("features.0 [2, 8, 4, 4]") != std::string::npos);
  CHECK(chosen(logits_and_features(), "logits").dim() == 2);
  CHECK(chosen(logits_and_features(), "features.0").dim() == 4);
  const std::string unknown =
      zcp::test::user_error([] { chosen(logits_and_features(), "head"); });
  CHECK(unknown.find("returns no tensor head") != std::string::npos);
}
