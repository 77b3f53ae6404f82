#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>
#include <optional>

#include "analysis/prediction/choose_labels.h"
#include "analysis/report/learning_figure.h"
#include "analysis/statistics/columns.h"
#include "apps/command_line.h"
#include "apps/commands.h"
#include "apps/predict/fitted.h"
#include "apps/predict/output.h"
#include "apps/predict/pool.h"
#include "apps/predict/request.h"
#include "apps/predict/run.h"
#include "apps/predict/saved.h"
#include "apps/progress.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/error.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using prediction::LearningRow;

constexpr std::string_view kUsage =
    "zcp predict: accuracy from proxies, graphs and few labels\n"
    "\n"
    "Fits the metric on proxies (as ranks), on features of the architectures'\n"
    "graphs and on encodings, from as many labels as --labels says, and tells\n"
    "how well it ranks the architectures whose labels it was not given: "
    "beside\n"
    "the single proxy that does best on the same labels, and the baseline.\n"
    "Hyper-parameters are chosen by the given labels alone.\n"
    "\n"
    "With --csv, architectures of the scores that have no label in the truth\n"
    "are predicted from all labels; where every one has a label, from the\n"
    "first draw of the most labels.";

constexpr std::string_view kExample =
    "  zcp predict --scores naslib_scores_nb201.csv --key-scores net_str \\\n"
    "      --truth nats_tss_accuracy.csv --metric cifar10_valid \\\n"
    "      --space nats-tss --labels 32,128 --model gp,ridge";

/// Where every architecture has a label, the model with most labels is asked
/// for those that it was not given.
struct Asked {
  std::vector<std::size_t> rows;
  std::vector<double> labels;
  std::vector<std::size_t> unlabelled;
};

Asked asked_of(const PredictPool& made, const PredictRequest& request) {
  if (!made.unlabelled.empty()) {
    return {made.pool.rows, made.pool.labels, made.unlabelled};
  }
  Asked asked;
  const std::size_t count = std::ranges::max(request.learning.labels);
  std::vector<bool> given(made.archs.size(), false);
  for (const std::size_t place :
       prediction::chosen_labels(made.pool, count, 0, request.learning)) {
    asked.rows.push_back(made.pool.rows[place]);
    asked.labels.push_back(made.pool.labels[place]);
    given[made.pool.rows[place]] = true;
  }
  for (std::size_t row = 0; row < given.size(); ++row) {
    if (!given[row]) asked.unlabelled.push_back(row);
  }
  return asked;
}

/// What a predictor keeps: the labels as --labels has them, and the scores of
/// the proxies.
SavedPredictor made_predictor(
    const PredictPool& made,
    const PredictRequest& request,
    const std::string& model,
    const std::string& call) {
  SavedPredictor saved;
  saved.metric = request.study.study.metrics.front();
  saved.model = model;
  saved.seed = request.learning.seed;
  saved.graph = request.graph;
  saved.encoding = request.encoding;
  saved.points = made.points;
  if (saved.graph || saved.encoding) {
    saved.space = request.space;
    saved.task = request.task;
  }
  if (!saved.points.empty()) saved.space = made.points_space;
  if (!saved.space.empty()) {
    const std::string name = spaces::open_space(saved.space)->info().name;
    if (name != saved.space) saved.space_name = name;
  }
  saved.command_line = call;
  std::vector<std::size_t> places(made.pool.rows.size());
  std::iota(places.begin(), places.end(), 0);
  if (request.labels_given) {
    places = prediction::chosen_labels(
        made.pool,
        std::ranges::max(request.learning.labels),
        0,
        request.learning);
  }
  for (const std::size_t place : places) {
    saved.archs.push_back(made.archs[made.pool.rows[place]]);
    saved.labels.push_back(made.pool.labels[place]);
  }
  if (request.proxies) {
    for (const prediction::SingleProxy& proxy : made.pool.proxies) {
      saved.proxies.push_back(proxy.name);
      auto& scores = saved.scores.emplace_back();
      for (const std::size_t place : places) {
        scores.push_back(proxy.scores[made.pool.rows[place]]);
      }
    }
  }
  return saved;
}

/// A predictor that is kept, and its file's text.
struct Kept {
  SavedPredictor predictor;
  std::string text;
};

/// What the file will say of some rows, as whoever reads it is told.
std::vector<double> values_of_file(
    const Kept& kept,
    const PredictPool& made,
    const std::vector<std::size_t>& rows,
    const EncodePoints& encode,
    const std::string& file) {
  FittedPredictor fitted(parse_predictor(kept.text, file));
  fitted.encode_by(encode);
  std::vector<std::string> archs;
  for (const std::size_t row : rows) archs.push_back(made.archs[row]);
  std::vector<std::vector<double>> scores;
  for (std::size_t p = 0; p < kept.predictor.proxies.size(); ++p) {
    auto& column = scores.emplace_back();
    for (const std::size_t row : rows) {
      column.push_back(made.pool.proxies[p].scores[row]);
    }
  }
  return fitted.values(archs, scores);
}

/// The last model asked for is the one that predicts; beside it, what a
/// predictor that is kept expects.
void write_predictions(
    const PredictPool& made,
    const PredictRequest& request,
    const std::string& model,
    const std::optional<Kept>& kept,
    const EncodePoints& encode) {
  const Asked asked = asked_of(made, request);
  const auto list = prediction::predict_labels(
      *made.design,
      asked.rows,
      asked.labels,
      model,
      asked.unlabelled,
      request.learning.seed);
  std::vector<double> saved;
  if (kept) {
    saved =
        values_of_file(*kept, made, asked.unlabelled, encode, *request.save);
  }
  const std::string& metric = request.study.study.metrics.front();
  write_output(*request.csv, [&](std::ostream& out) {
    std::string header = "arch,";
    formats::append_csv_field(header, metric);
    out << header << ",low,high,model" << (kept ? ",saved" : "") << "\n";
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::string line;
      formats::append_csv_field(line, made.archs[asked.unlabelled[i]]);
      out << fmt::format(
          "{},{:.17g},{:.17g},{:.17g},{}",
          line,
          list[i].value,
          list[i].interval.low,
          list[i].interval.high,
          model);
      if (kept) {
        out << ",";
        if (!std::isnan(saved[i])) out << fmt::format("{:.17g}", saved[i]);
      }
      out << "\n";
    }
  });
  if (!request.quiet) {
    std::cerr << fmt::format(
        "predicted {} of {} architectures from {} labels by {}\n",
        metric,
        list.size(),
        asked.rows.size(),
        model);
  }
}

void keep_predictor(const Kept& kept, const PredictRequest& request) {
  write_output(*request.save, [&](std::ostream& out) { out << kept.text; });
  if (request.quiet) return;
  std::cerr << fmt::format(
      "kept {} of {} from {} labels for zcp search --by predict:{}\n",
      kept.predictor.model,
      kept.predictor.metric,
      kept.predictor.archs.size(),
      *request.save);
}

/// The model with the greatest tau at the most labels.
std::string best_model(const std::vector<LearningRow>& rows) {
  const LearningRow* best = &rows.back();
  for (const LearningRow& row : rows) {
    if (row.labels == best->labels && row.tau.value > best->tau.value) {
      best = &row;
    }
  }
  return best->model;
}

int suggest(const PredictPool& made, const PredictRequest& request) {
  if (made.unlabelled.size() < *request.suggest) {
    throw UserError(
        "--suggest {}: expected at most {}, the architectures of the scores "
        "without a label",
        *request.suggest,
        made.unlabelled.size());
  }
  for (const std::size_t row : prediction::choose_labels(
           *made.design,
           made.unlabelled,
           made.pool.rows,
           *request.suggest,
           request.learning.seed)) {
    std::cout << made.archs[row] << "\n";
  }
  return 0;
}

/// Four fifths of the labelled architectures, and at least ten held out.
std::size_t usual_labels(
    const PredictPool& made,
    const PredictRequest& request) {
  constexpr std::size_t kFewest = 2;
  constexpr std::size_t kHeld = statistics::kLeastRows;
  const std::size_t all = made.pool.rows.size();
  if (all < kFewest + kHeld) {
    throw UserError(
        "{}: found {} architectures with scores and {}, expected {} or more: "
        "{} labels to fit and {} that are held out to judge by",
        request.study.truth,
        all,
        request.study.study.metrics.front(),
        kFewest + kHeld,
        kFewest,
        kHeld);
  }
  return std::clamp(all * 4 / 5, kFewest, all - kHeld);
}

/// What is to be fitted for a file has labels enough: asked before the long
/// work.
void require_labels(const PredictPool& made, const PredictRequest& request) {
  constexpr std::size_t kFewest = statistics::kLeastRows;
  const std::size_t most = std::ranges::max(request.learning.labels);
  const std::size_t all = made.pool.rows.size();
  const std::size_t of_csv = made.unlabelled.empty() ? most : all;
  const std::size_t of_save = request.labels_given ? most : all;
  if (request.csv && of_csv < kFewest) {
    throw UserError(
        "--csv {}: {} labels, expected {} or more to predict from",
        *request.csv,
        of_csv,
        kFewest);
  }
  if (request.save && of_save < kFewest) {
    throw UserError(
        "--save: a predictor of {} labels predicts nothing; expected {} or "
        "more",
        of_save,
        kFewest);
  }
}

void check_outputs(const PredictRequest& request) {
  std::vector<std::string> outputs;
  for (const auto& each :
       {request.csv, request.save, request.figure, request.importance}) {
    if (each) outputs.push_back(*each);
  }
  check_destinations(
      outputs,
      std::vector<std::string>{
          request.study.scores, request.study.truth, request.encodings});
}

}  // namespace

int predict(const Arguments& arguments) {
  po::options_description description = predict_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  return predict_somewhere(arguments, parse_predict_request(values));
}

int run_predict(
    const Arguments& arguments,
    PredictRequest request,
    const EncodePoints& encode) {
  check_outputs(request);
  const PredictPool made = make_predict_pool(request, encode);
  if (request.suggest) return suggest(made, request);
  prediction::LearningOptions& learning = request.learning;
  if (learning.labels.empty()) {
    learning.labels = {usual_labels(made, request)};
  }
  require_labels(made, request);
  const std::size_t fits =
      learning.labels.size() * learning.models.size() * learning.repeats;
  Progress progress("predict", static_cast<std::int64_t>(fits), request.quiet);
  const std::vector<LearningRow> rows = prediction::learning_curve(
      made.pool, learning, [&] { progress.advance(); });
  progress.finish();
  if (request.figure) {
    write_output(*request.figure, [&](std::ostream& out) {
      report::write_learning_figure(
          out, rows, request.study.study.metrics.front(), made.pool.baseline);
    });
  }
  if (request.importance) {
    write_output(*request.importance, [&](std::ostream& out) {
      write_importance(out, rows);
    });
  }
  std::optional<Kept> kept;
  if (request.save) {
    kept.emplace();
    kept->predictor = made_predictor(
        made, request, best_model(rows), command_line("predict", arguments));
    kept->text = predictor_text(kept->predictor);
  }
  if (request.csv) {
    write_predictions(made, request, best_model(rows), kept, encode);
  }
  if (kept) keep_predictor(*kept, request);
  if (request.format == TableFormat::json) {
    print_learning_json(rows, request);
  } else if (request.csv != "-") {
    print_learning(rows, request);
  }
  return 0;
}

}  // namespace zcp::apps
