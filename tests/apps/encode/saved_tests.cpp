// A trained encoder as a file.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "apps/encode/encoder_json.h"
#include "apps/encode/saved.h"
#include "common/error.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::apps;
using zcp::test::TemporaryFolder;

namespace {

SavedEncoder small_encoder() {
  SavedEncoder encoder;
  encoder.space = "nats-tss";
  encoder.options.epochs = 2;
  encoder.options.seed = std::numeric_limits<std::uint64_t>::max();
  encoder.held_out = 0.1;
  encoder.trained = 54;
  encoder.command_line = "zcp encode --space nats-tss";
  encoder.losses = {1.5, 1 / 3.0};
  encoder.layout.words = {"input", "none", "skip_connect", "output"};
  encoder.layout.nodes = 8;
  encoder.layout.sized = true;
  encoder.layout.sizes = {0.1, 4.7};
  encoder.weights = {
      {"layer 0 epsilon", {-0.0F}},
      {"layer 0 first weight",
       {0.1F,
        1.0F,
        -3.4028235e38F,
        1.17549435e-38F,
        std::numeric_limits<float>::denorm_min(),
        0.33333334F}}};
  return encoder;
}

void check_equal(const SavedEncoder& a, const SavedEncoder& b) {
  CHECK_EQ(a.space, b.space);
  CHECK_EQ(a.options.epochs, b.options.epochs);
  CHECK_EQ(a.options.batch_size, b.options.batch_size);
  CHECK_EQ(a.options.learning_rate, b.options.learning_rate);
  CHECK_EQ(a.options.clip, b.options.clip);
  CHECK_EQ(a.options.dropout, b.options.dropout);
  CHECK_EQ(a.options.layers, b.options.layers);
  CHECK_EQ(a.options.hidden, b.options.hidden);
  CHECK_EQ(a.options.latent, b.options.latent);
  CHECK_EQ(a.options.seed, b.options.seed);
  CHECK_EQ(a.held_out, b.held_out);
  CHECK_EQ(a.trained, b.trained);
  CHECK_EQ(a.command_line, b.command_line);
  CHECK(a.losses == b.losses);
  CHECK(a.layout == b.layout);
  CHECK(a.weights == b.weights);
}

}  // namespace

TEST_CASE("saved encoder: everything is read back to the bit") {
  const TemporaryFolder folder;
  const SavedEncoder encoder = small_encoder();
  const std::string path = folder.write("nats.encoder", encoder_text(encoder));
  CHECK(is_encoder_file(path));
  const SavedEncoder read = read_encoder(path);
  CHECK_EQ(read.source, path);
  check_equal(read, encoder);
  CHECK(std::signbit(read.weights[0].second[0]));
  CHECK_FALSE(is_encoder_file("-"));
  CHECK_FALSE(is_encoder_file(folder.write("table.csv", "arch,x\n")));
  CHECK_FALSE(is_encoder_file(folder.path().string()));
}

TEST_CASE("saved encoder: any byte that is another is found") {
  const TemporaryFolder folder;
  const SavedEncoder encoder = small_encoder();
  const std::string text = encoder_text(encoder);
  int found = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    std::string damaged = text;
    damaged[at] = damaged[at] == '7' ? '8' : '7';
    const std::string path = folder.write("damaged.encoder", damaged);
    try {
      // The last digit of a number need not make it another one.
      check_equal(read_encoder(path), encoder);
    } catch (const UserError& error) {
      CHECK(std::string(error.what()).starts_with(path + ": "));
      ++found;
    }
  }
  CHECK_GT(found, static_cast<int>(text.size()) * 9 / 10);
}

TEST_CASE("saved encoder: what is refused, in a line that names the file") {
  const TemporaryFolder folder;
  const std::string text = encoder_text(small_encoder());
  const auto refusal = [&](const std::string& content) {
    const std::string path = folder.write("x.encoder", content);
    return test::user_error([&] { read_encoder(path); });
  };
  const auto has = [](const std::string& line, const std::string& words) {
    CAPTURE(line);
    CHECK(line.find("x.encoder: ") != std::string::npos);
    CHECK(line.find(words) != std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
  };
  has(refusal(""), "no whole encoder");
  has(refusal(text.substr(0, text.size() / 2)), "no whole encoder");
  has(refusal("{\"format\":\"zcp predictor\",\"version\":1}"), "no encoder");
  has(refusal("[1, 2]"), "no encoder");
  std::string other = text;
  other.replace(other.find("skip_connect"), 4, "jump");
  has(refusal(other), "damaged: its checksum is ");
  other = text;
  other.replace(other.find("\"version\":1"), 11, "\"version\":2");
  has(refusal(other), "version 2");
  // What walks through a value would end in want of stack.
  has(refusal("{\"x\":" + std::string(1'000'000, '[')), "levels");
  CHECK(test::user_error([&] {
          read_encoder((folder.path() / "none").string());
        }).find("cannot be read") != std::string::npos);
  SavedEncoder wide = small_encoder();
  wide.options.hidden = 1'000'000;
  has(refusal(encoder_text(wide)), "hidden: found 1000000, expected 1 to 4096");
  auto object = encoder_json(small_encoder());
  const auto with = [&](const char* name, const nlohmann::ordered_json& value) {
    auto changed = object;
    changed["weights"][name] = value;
    changed["checksum"] = encoder_checksum(changed);
    return refusal(changed.dump());
  };
  has(with("layer 0 epsilon", {1e300}), "expected a number of 32 bits");
  has(with("layer 0 epsilon", 1), "layer 0 epsilon: expected a list");
}
