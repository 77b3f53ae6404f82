#include "apps/encode/request.h"

#include <fmt/format.h>

#include <array>

#include "apps/encode/limits.h"
#include "apps/option_values.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr Limits kDraws{1, 10'000'000};

/// Options that only an autoencoder has use for.
constexpr std::array kLearned{
    "epochs",
    "batch-size",
    "latent",
    "hidden",
    "layers",
    "dropout",
    "learning-rate",
    "held-out",
    "draws"};

void add_learning_options(po::options_description& options) {
  auto add = options.add_options();
  add("epochs", limited(kEpochs)->default_value(10), "how often each graph");
  add("batch-size", limited(kBatchSize)->default_value(32), "graphs a step");
  add("latent",
      limited(kWidth)->default_value(16),
      "numbers of an architecture");
  add("hidden", limited(kWidth)->default_value(128), "numbers of a node");
  add("layers", limited(kLayers)->default_value(4), "of the encoder");
  add("dropout",
      po::value<Text>()->default_value("0.3")->value_name("SHARE"),
      "of the latent vectors while training");
  add("learning-rate",
      po::value<Text>()->default_value("0.001")->value_name("RATE"),
      "of Adam");
  add("held-out",
      po::value<Text>()->default_value("0.1")->value_name("SHARE"),
      "of the architectures, not trained on: reconstruction is theirs");
  add("draws",
      limited(kDraws)->default_value(10'000),
      "random vectors to decode for validity and uniqueness");
}

/// A number of [least, most).
double
number_in(const po::variables_map& values, const char* name, double most) {
  const Text text = values[name].as<Text>();
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number >= most) {
    throw UserError(
        "--{} {}: expected a number from 0 to less than {}", name, text, most);
  }
  return *number;
}

void parse_kind(const po::variables_map& values, EncodeRequest& request) {
  request.encoding = values["encoding"].as<Text>();
  if (request.encoding == "adjacency") {
    request.kind = EncodingKind::adjacency;
  } else if (request.encoding == "path") {
    request.kind = EncodingKind::path;
  } else if (request.encoding != "learned") {
    throw UserError(
        "--encoding {}: expected adjacency, path or learned", request.encoding);
  }
  const auto refuse = [&](const char* name, const char* kind) {
    if (values.count(name) == 0 || values[name].defaulted()) return;
    throw UserError(
        "--{}: goes with --encoding {}, not with {}",
        name,
        kind,
        request.encoding);
  };
  if (request.kind != EncodingKind::path) refuse("most-paths", "path");
  if (request.kind == EncodingKind::learned) return;
  for (const char* name : kLearned) refuse(name, "learned");
}

void parse_learning(const po::variables_map& values, EncodeRequest& request) {
  training::AutoencoderOptions& own = request.autoencoder;
  own.epochs = whole_number(values, "epochs", kEpochs);
  own.batch_size = whole_number(values, "batch-size", kBatchSize);
  own.latent = whole_number(values, "latent", kWidth);
  own.hidden = whole_number(values, "hidden", kWidth);
  own.layers = whole_number(values, "layers", kLayers);
  own.dropout = number_in(values, "dropout", 1);
  own.learning_rate = number_in(values, "learning-rate", 10);
  own.seed = non_negative(values, "seed");
  request.held_out = number_in(values, "held-out", 1);
  request.draws =
      static_cast<std::size_t>(whole_number(values, "draws", kDraws));
}

/// A trained encoder is kept, or one that was kept encodes; which of the
/// options of learning are then out of place.
void parse_files(const po::variables_map& values, EncodeRequest& request) {
  request.save = text_option(values, "save");
  request.encoder = text_option(values, "encoder");
  for (const char* name : {"save", "encoder"}) {
    if (values.count(name) == 0 || request.kind == EncodingKind::learned) {
      continue;
    }
    throw UserError(
        "--{}: goes with --encoding learned, not with {}: other encodings are "
        "not trained",
        name,
        request.encoding);
  }
  if (request.save == "-") {
    throw UserError("--save -: expected a file, such as nats-tss.encoder");
  }
  if (!request.encoder) return;
  if (request.save) {
    throw UserError("--save: {} is kept already", *request.encoder);
  }
  for (const char* name : kLearned) {
    if (values[name].defaulted()) continue;
    throw UserError(
        "--{}: goes with training, which --encoder {} has behind it",
        name,
        *request.encoder);
  }
}

void parse_truth(const po::variables_map& values, EncodeRequest& request) {
  if (values.count("truth") == 0) {
    for (const char* name : {"metric", "key-truth", "key"}) {
      if (values.count(name) == 0 || values[name].defaulted()) continue;
      throw UserError("--{}: goes with --truth", name);
    }
    return;
  }
  StudyRequest study;
  study.truth = required_option(values, "truth");
  set_one_metric(required_option(values, "metric"), study);
  study.key = text_option(values, "key").value_or(study.key);
  study.key_truth = text_option(values, "key-truth").value_or(study.key);
  request.truth = std::move(study);
}

}  // namespace

po::options_description encode_options() {
  po::options_description options("What");
  add_selection_options(options, false);
  po::options_description how("How");
  auto add = how.add_options();
  add("encoding",
      po::value<Text>()->default_value("learned"),
      "adjacency (operations and edges by place), path (sequences of "
      "operations from input to output) or learned (arch2vec's autoencoder)");
  add("most-paths",
      limited(kDraws)->default_value(1000),
      "columns of a path encoding; the rarest are left out");
  add("seed",
      po::value<std::int64_t>()->default_value(0),
      "of --sample, weights, order, noise and random vectors");
  add_learning_options(how);
  add("encoder",
      po::value<Text>()->value_name("FILE"),
      "encode by what --save has kept, without training: every architecture "
      "has the point that it had or would have had there");
  po::options_description truth("Truth");
  add_study_options(truth, {"truth", "metric", "key", "key-truth"});
  po::options_description where("Where");
  auto put = where.add_options();
  put("csv",
      po::value<Text>(),
      "the encoding, a row an architecture (-: standard output)");
  put("save",
      po::value<Text>()->value_name("FILE"),
      "keep the trained encoder, for --encoder, zcp search --encodings and zcp "
      "predict --encodings");
  put("figure",
      po::value<Text>(),
      "two principal components, coloured by the metric (SVG)");
  put("json", "one object on standard output instead of a readable table");
  add_format_option(where);
  options.add(how).add(truth).add(where);
  return options;
}

EncodeRequest parse_encode_request(const po::variables_map& values) {
  EncodeRequest request;
  request.selection = parse_selection_options(values);
  if (!request.selection.space) {
    throw UserError("encode: expected --space (zcp spaces lists them)");
  }
  for (const char* name : {"channels", "cells", "distinct"}) {
    if (values.count(name) == 0) continue;
    throw UserError(
        "--{}: graphs of cells do not depend on their networks; expected it "
        "not to be there",
        name);
  }
  parse_kind(values, request);
  parse_learning(values, request);
  parse_files(values, request);
  request.most_paths =
      static_cast<std::size_t>(whole_number(values, "most-paths", kDraws));
  parse_truth(values, request);
  request.csv = text_option(values, "csv");
  request.figure = text_option(values, "figure");
  request.format = parse_format(values);
  request.quiet = is_given(values, "quiet");
  const bool streams = request.csv == "-" && request.figure == "-";
  if (streams || (request.csv == "-" && request.format == TableFormat::json)) {
    throw UserError(
        "--csv - and {}: both would go to standard output",
        streams ? "--figure -" : "--json");
  }
  if (request.figure == "-") {
    throw UserError("--figure -: expected a file, such as latent.svg");
  }
  return request;
}

}  // namespace zcp::apps
