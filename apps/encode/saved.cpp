#include "apps/encode/saved.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "apps/encode/encoder_json.h"
#include "apps/encode/limits.h"
#include "apps/saved_json.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFormat = "zcp encoder";
constexpr int kVersion = 1;

std::string plain_text(const ordered_json& object) {
  using Handler = ordered_json::error_handler_t;
  return object.dump(-1, ' ', true, Handler::replace);
}

ordered_json options_json(const training::AutoencoderOptions& options) {
  return {
      {"epochs", options.epochs},
      {"batch_size", options.batch_size},
      {"learning_rate", options.learning_rate},
      {"clip", options.clip},
      {"dropout", options.dropout},
      {"layers", options.layers},
      {"hidden", options.hidden},
      {"latent", options.latent},
      {"seed", options.seed}};
}

int number_in(const ordered_json& object, const char* name, Limits limits) {
  return whole_number_in<int>(object, name, limits.least, limits.most);
}

training::AutoencoderOptions read_options(const ordered_json& object) {
  training::AutoencoderOptions options;
  options.epochs = number_in(object, "epochs", kEpochs);
  options.batch_size = number_in(object, "batch_size", kBatchSize);
  options.learning_rate = object.at("learning_rate").get<double>();
  options.clip = object.at("clip").get<double>();
  options.dropout = object.at("dropout").get<double>();
  options.layers = number_in(object, "layers", kLayers);
  options.hidden = number_in(object, "hidden", kWidth);
  options.latent = number_in(object, "latent", kWidth);
  options.seed = whole_number_in<std::uint64_t>(object, "seed");
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    throw UserError("dropout: found {}, expected 0 to 1", options.dropout);
  }
  return options;
}

ordered_json layout_json(const encodings::NodeLayout& layout) {
  ordered_json object{
      {"words", layout.words},
      {"nodes", layout.nodes},
      {"graphs", layout.each},
      {"sized", layout.sized}};
  if (layout.sized) {
    object["log_sizes"] = {layout.sizes.low, layout.sizes.high};
  }
  return object;
}

encodings::NodeLayout read_layout(const ordered_json& object) {
  constexpr Limits kNodes{2, 10'000};
  constexpr Limits kGraphs{1, 100};
  encodings::NodeLayout layout;
  layout.words = object.at("words").get<std::vector<std::string>>();
  layout.nodes = static_cast<std::size_t>(number_in(object, "nodes", kNodes));
  layout.each = static_cast<std::size_t>(number_in(object, "graphs", kGraphs));
  layout.sized = object.at("sized").get<bool>();
  if (layout.sized) {
    layout.sizes = {
        object.at("log_sizes").at(0).get<double>(),
        object.at("log_sizes").at(1).get<double>()};
  }
  const std::size_t words = layout.words.size();
  if (words < 2 || words > encodings::NodeGraph::kNoWord) {
    throw UserError("words: found {}, expected 2 to 255", words);
  }
  return layout;
}

/// Numbers of 32 bits.
std::vector<float> read_weights(
    const std::string& name,
    const ordered_json& list) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (!list.is_array()) throw UserError("{}: expected a list", name);
  std::vector<float> weights;
  weights.reserve(list.size());
  for (const ordered_json& value : list) {
    const auto number = value.get<double>();
    if (!(std::abs(number) <= kMost)) {
      throw UserError(
          "{}: found {}, expected a number of 32 bits", name, number);
    }
    weights.push_back(static_cast<float>(number));
  }
  return weights;
}

void check_format(const ordered_json& object) {
  if (!object.is_object() || object.value("format", "") != kFormat) {
    throw UserError("no encoder: expected a file of zcp encode --save");
  }
  const int version = whole_number_in<int>(object, "version");
  if (version != kVersion) {
    throw UserError(
        "an encoder of version {}: this program reads version {}",
        version,
        kVersion);
  }
  const std::string stated = object.at("checksum").get<std::string>();
  const std::string found = encoder_checksum(object);
  if (stated != found) {
    throw UserError(
        "damaged: its checksum is {}, what it holds has {}; expected it as zcp "
        "encode --save wrote it",
        stated,
        found);
  }
}

}  // namespace

std::string encoder_checksum(ordered_json object) {
  object.erase("checksum");
  return hash_hex(hash64(plain_text(object)));
}

ordered_json encoder_json(const SavedEncoder& encoder) {
  ordered_json object;
  object["format"] = kFormat;
  object["version"] = kVersion;
  object["space"] = encoder.space;
  object["options"] = options_json(encoder.options);
  object["held_out"] = encoder.held_out;
  object["trained"] = encoder.trained;
  object["command_line"] = encoder.command_line;
  object["losses"] = encoder.losses;
  object["layout"] = layout_json(encoder.layout);
  ordered_json& weights = object["weights"] = ordered_json::object();
  for (const auto& [name, values] : encoder.weights) weights[name] = values;
  object["checksum"] = encoder_checksum(object);
  return object;
}

SavedEncoder encoder_of(const ordered_json& object) {
  check_format(object);
  SavedEncoder encoder;
  encoder.space = object.at("space").get<std::string>();
  encoder.options = read_options(object.at("options"));
  encoder.held_out = object.at("held_out").get<double>();
  encoder.trained = whole_number_in<std::size_t>(object, "trained");
  encoder.command_line = object.at("command_line").get<std::string>();
  encoder.losses = object.at("losses").get<std::vector<double>>();
  if (encoder.losses.empty()) throw UserError("losses: expected one an epoch");
  encoder.layout = read_layout(object.at("layout"));
  for (const auto& [name, values] : object.at("weights").items()) {
    encoder.weights.emplace_back(name, read_weights(name, values));
  }
  return encoder;
}

std::string encoder_text(const SavedEncoder& encoder) {
  return plain_text(encoder_json(encoder)) + "\n";
}

SavedEncoder parse_encoder(std::string_view text, const std::string& source) {
  try {
    SavedEncoder encoder = encoder_of(parse_saved_json(text));
    encoder.source = source;
    return encoder;
  } catch (const UserError& error) {
    throw UserError("{}: {}", source, error.what());
  } catch (const nlohmann::json::exception&) {
    throw UserError(
        "{}: no whole encoder: expected a file of zcp encode --save", source);
  }
}

SavedEncoder read_encoder(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    throw UserError("{}: cannot be read", path);
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse_encoder(text.str(), path);
}

bool is_encoder_file(const std::string& path) {
  std::error_code none;
  if (path.empty() || !std::filesystem::is_regular_file(path, none)) {
    return false;
  }
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  return file >> first && first == '{';
}

void require_space(
    const SavedEncoder& encoder,
    const spaces::Space& space,
    const std::string& option) {
  if (encoder.space == space.info().name) return;
  throw UserError(
      "{} {}: trained on architectures of {}, found --space {}",
      option,
      encoder.source,
      encoder.space,
      space.info().name);
}

}  // namespace zcp::apps
