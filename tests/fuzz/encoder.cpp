// Encoders of zcp encode --save: what is read has finite weights, and is read
// again as the same from what is written of it.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "apps/encode/encoder_json.h"
#include "apps/saved_json.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp;
using namespace zcp::apps;

namespace {

void check(const SavedEncoder& encoder) {
  for (const auto& [name, values] : encoder.weights) {
    if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); }))
      std::abort();
  }
  if (encoder.losses.empty() || encoder.layout.words.size() < 2) std::abort();
  const std::string text = encoder_text(encoder);
  if (encoder_text(parse_encoder(text, "fuzz")) != text) std::abort();
}

/// As it is, which the checksum mostly refuses, and with the right checksum.
void parse(const std::string& text) {
  try {
    check(parse_encoder(text, "fuzz"));
  } catch (const UserError&) {
    // The other way may read it.
  }
  try {
    auto object = parse_saved_json(text);
    if (!object.is_object()) return;
    object["checksum"] = encoder_checksum(object);
    check(encoder_of(object));
  } catch (const nlohmann::json::exception&) {
    return;  // no JSON, or not whole: parse_encoder() makes a line of it
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, parse);
}
