#include "apps/predict/request.h"

#include <algorithm>

#include "apps/encode/saved.h"
#include "apps/points.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr int kMostRepeats = 1000;

std::vector<std::size_t> parse_labels(const po::variables_map& values) {
  std::vector<std::size_t> labels;
  for (const Text& text : list_option(values, "labels")) {
    const std::optional<double> number = parse_number(text);
    if (!number || *number < 2 || *number > 1e6 ||
        *number != static_cast<double>(static_cast<std::size_t>(*number))) {
      throw UserError(
          "--labels {}: expected whole numbers from 2, such as 32,128", text);
    }
    labels.push_back(static_cast<std::size_t>(*number));
  }
  return labels;
}

/// Proxies alone where no space is named.
void parse_features(const po::variables_map& values, PredictRequest& request) {
  request.space = text_option(values, "space").value_or("");
  request.encodings = text_option(values, "encodings").value_or("");
  request.key_encodings =
      text_option(values, "key-encodings").value_or(request.study.key);
  require_table_for_key(values, request.encodings);
  const Text fallback = request.space.empty() ? "proxies" : "all";
  request.features = text_option(values, "features").value_or(fallback);
  const Text& asked = request.features;
  request.proxies = false;
  for (const Text& name : split_list(asked)) {
    const bool all = name == "all";
    const bool points = name == "points" && !request.encodings.empty();
    if (!all && !points && name != "proxies" && name != "graph" &&
        name != "encoding") {
      throw UserError(
          "--features {}: expected proxies, graph, encoding, points (with "
          "--encodings), several of them or all",
          asked);
    }
    request.proxies |= all || name == "proxies";
    request.graph |= all || name == "graph";
    request.encoding |= all || name == "encoding";
  }
  if (request.space.empty() && (request.graph || request.encoding)) {
    throw UserError(
        "--features {}: expected --space as well, whose graphs give features "
        "(zcp spaces lists them)",
        asked);
  }
}

void parse_models(
    const po::variables_map& values,
    prediction::LearningOptions& learning) {
  for (const Text& name : list_option(values, "model")) {
    if (name == "all") {
      for (const auto& info : prediction::models()) {
        learning.models.push_back(info.name);
      }
    } else {
      learning.models.push_back(prediction::find_model(name).name);
    }
  }
}

void parse_study(const po::variables_map& values, StudyRequest& request) {
  request.scores = required_option(values, "scores");
  request.truth = required_option(values, "truth");
  set_one_metric(required_option(values, "metric"), request);
  request.key = text_option(values, "key").value_or(request.key);
  request.key_scores = text_option(values, "key-scores").value_or(request.key);
  request.key_truth = text_option(values, "key-truth").value_or(request.key);
  request.drop_dead = is_given(values, "drop-dead");
  request.space = text_option(values, "space").value_or("");
  refuse_standard_input_twice(
      {{"scores", request.scores}, {"truth", request.truth}});
  request.study.proxies = list_option(values, "proxies");
  request.study.baseline = values["baseline"].as<Text>();
  request.study.baseline_required = !values["baseline"].defaulted();
  if (const auto text = text_option(values, "composites")) {
    for (const Text& composite : study::split_composites(*text)) {
      request.composites.push_back(study::parse_composite(composite));
      if (!request.study.proxies.empty()) {
        request.study.proxies.push_back(request.composites.back().name);
      }
    }
  }
}

/// --suggest prints a list and nothing else.
void refuse_beside_suggest(
    const po::variables_map& values,
    const PredictRequest& request) {
  if (!request.suggest) return;
  if (request.format != TableFormat::text) {
    throw UserError("--format, --json: --suggest prints a list of specs");
  }
  for (const char* name : {"csv", "save", "figure", "importance"}) {
    if (values.count(name) == 0) continue;
    throw UserError(
        "--{} {}: --suggest prints a list of specs and writes no file; "
        "expected one of the two",
        name,
        values[name].as<Text>());
  }
}

}  // namespace

po::options_description predict_options() {
  po::options_description options("Options");
  add_study_options(
      options,
      {"scores",
       "truth",
       "metric",
       "key",
       "key-scores",
       "key-truth",
       "proxies",
       "composites",
       "baseline",
       "drop-dead"});
  auto add = options.add_options();
  add("labels",
      po::value<Text>(),
      "how many labels models get, such as 32,128,1024 (default: four fifths "
      "of those there are)");
  add("choose",
      po::value<Text>()->default_value("random"),
      "which architectures get labels: random, or spread (those that tell most "
      "of all others)");
  add("space",
      po::value<Text>(),
      "the space of the architectures, so that features of their graphs can be "
      "used");
  add("task",
      po::value<Text>(),
      "the task whose input the networks have (default: the space's own)");
  add("model",
      po::value<Text>()->default_value("gp")->value_name("LIST"),
      "the models, separated by commas, or all: ridge (ridge regression), gp "
      "(Gaussian process), forest (random forest), boosting (gradient "
      "boosting), blend (their mean)");
  add("features",
      po::value<Text>(),
      "what models learn from, separated by commas, or all: proxies, graph, "
      "encoding (default: all with --space, else proxies); points: those of "
      "--encodings alone, which the others have beside them");
  add("encodings",
      po::value<Text>(),
      "a table of numbers to learn from as they are, a row an architecture "
      "(zcp encode --csv), or an encoder (zcp encode --save), which gives them "
      "to every architecture of the scores");
  add("key-encodings",
      po::value<Text>()->value_name("COLUMN"),
      "the column of --encodings that names the architectures (default: "
      "--key)");
  add("repeats",
      po::value<int>()->default_value(10),
      "how many times labels are drawn; the figures are means over the draws");
  add("seed",
      po::value<std::int64_t>()->default_value(0),
      "seed of the draws of labels");
  add("json", "print the table as JSON, as --format json");
  add_format_option(options);
  add("csv",
      po::value<Text>(),
      "predictions with intervals for architectures without a label (-: "
      "standard output)");
  add("save",
      po::value<Text>()->value_name("FILE"),
      "keep the predictor, for zcp search --by predict:FILE: fitted to every "
      "label or, with --labels, to the most of them as first drawn; it carries "
      "the encoder or the table of --encodings. --csv has what it expects as "
      "the column saved");
  add("figure", po::value<Text>(), "also draw the learning curve (SVG)");
  add("importance",
      po::value<Text>()->value_name("FILE"),
      "write to a CSV how much each model uses each column");
  add("suggest",
      po::value<std::int64_t>(),
      "instead print so many architectures to label next, a spec a line");
  return options;
}

PredictRequest parse_predict_request(const po::variables_map& values) {
  PredictRequest request;
  parse_study(values, request.study);
  parse_features(values, request);
  request.task = text_option(values, "task").value_or("");
  prediction::LearningOptions& learning = request.learning;
  learning.labels = parse_labels(values);
  request.labels_given = !learning.labels.empty();
  parse_models(values, learning);
  learning.repeats = static_cast<std::size_t>(
      whole_number(values, "repeats", {1, kMostRepeats}));
  learning.seed = non_negative(values, "seed");
  const Text choose = values["choose"].as<Text>();
  if (choose != "random" && choose != "spread") {
    throw UserError("--choose {}: expected random or spread", choose);
  }
  if (choose == "spread") learning.choice = prediction::LabelChoice::spread;
  request.suggest = positive(values, "suggest");
  request.format = parse_format(values);
  request.csv = text_option(values, "csv");
  request.save = text_option(values, "save");
  if (request.save && !request.study.composites.empty()) {
    throw UserError(
        "--save: composites are ranks among the architectures of --scores, "
        "which "
        "an architecture alone has not; expected their members as proxies");
  }
  const bool table =
      !request.encodings.empty() && !is_encoder_file(request.encodings);
  if (request.save && table && request.space.empty()) {
    throw UserError(
        "--save: {} has points of named architectures; expected --space as "
        "well, whose specs name them, or an encoder (zcp encode --save), which "
        "knows its space",
        request.encodings);
  }
  request.figure = text_option(values, "figure");
  request.importance = text_option(values, "importance");
  request.quiet = is_given(values, "quiet");
  if (request.format == TableFormat::json && request.csv == "-") {
    throw UserError("--json and --csv -: both would go to standard output");
  }
  refuse_beside_suggest(values, request);
  return request;
}

}  // namespace zcp::apps
