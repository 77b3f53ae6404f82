#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "analysis/latent/principal.h"
#include "analysis/report/latent_figure.h"
#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "apps/architectures.h"
#include "apps/commands.h"
#include "apps/encode/request.h"
#include "apps/encode/result.h"
#include "apps/interruptible.h"
#include "apps/selection.h"
#include "apps/study_tables.h"
#include "common/destination.h"
#include "common/error.h"
#include "nets/encodings/vocabulary.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::string_view kUsage =
    "zcp encode: architectures as rows of numbers\n"
    "\n"
    "Writes the encoding of each architecture's graph: what stands where\n"
    "(adjacency), which sequences of operations lie on paths (path), or the\n"
    "point that a variational graph autoencoder gives it, which is trained\n"
    "here without labels (learned, arch2vec). Says how well the autoencoder\n"
    "restores graphs, how many random points are architectures, and whether\n"
    "near architectures differ in few edits and in little accuracy.\n"
    "\n"
    "zcp search --encodings FILE searches among the points of such a table,\n"
    "zcp predict --encodings FILE learns from it.";

constexpr std::string_view kExample =
    "  zcp encode --space nats-tss --all --csv learned.csv \\\n"
    "      --truth nats_tss_accuracy.csv --metric cifar10_test \\\n"
    "      --figure latent.svg\n"
    "  zcp encode --space nas-bench-101 --sample 1000 --encoding path \\\n"
    "      --csv paths.csv";

/// The shortest decimal text of a number of 32 bits, as a double.
double shortest(float value) {
  return std::stod(fmt::format("{}", value));
}

void add_codes(
    const std::vector<std::vector<float>>& codes,
    const std::vector<Text>& names,
    tables::Table& table) {
  const std::size_t each = names.size();
  for (std::size_t g = 0; g < each; ++g) {
    for (std::size_t i = 0; i < codes.front().size(); ++i) {
      table.columns.push_back(
          fmt::format("{}latent_{}", encodings::name_prefix(names[g]), i));
      std::vector<double>& values = table.values.emplace_back();
      for (std::size_t row = 0; row < table.arch.size(); ++row) {
        values.push_back(shortest(codes[row * each + g][i]));
      }
    }
  }
}

/// By row of `table`, NaN where the truth has none.
std::vector<double> truth_of(
    const tables::Table& table,
    const EncodeRequest& request) {
  if (!request.truth) return {};
  const tables::Table truth = read_study_truth(*request.truth);
  if (!request.quiet) print_notes(study::notes_of(truth));
  const std::size_t column =
      study::require_column(truth, request.metric(), "metric");
  return study::truth_by_score(table, truth, study::join(table, truth), column);
}

/// A column an architecture.
Eigen::MatrixXd points_of(const tables::Table& table) {
  Eigen::MatrixXd points(
      static_cast<Eigen::Index>(table.columns.size()),
      static_cast<Eigen::Index>(table.arch.size()));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    points.row(static_cast<Eigen::Index>(c)) =
        Eigen::RowVectorXd::Map(table.values[c].data(), points.cols());
  }
  return points;
}

void write_figure(const EncodeResult& result, const EncodeRequest& request) {
  const auto plane = latent::principal_plane(points_of(result.table));
  write_output(*request.figure, [&](std::ostream& out) {
    report::write_latent_figure(
        out,
        plane,
        result.truth,
        {fmt::format(
             "{}, {} encoding of {} architectures",
             result.space,
             request.encoding,
             result.table.arch.size()),
         request.metric()});
  });
}

/// Fills the table and what is known of it; false where an interrupt came.
bool encode_graphs(
    const spaces::Space& space,
    const EncodeRequest& request,
    EncodeResult& result) {
  const std::vector<Text>& specs = result.table.arch;
  const auto pool = encodings::encoded_pool(space, specs);
  const encodings::NodeGraphs graphs = encodings::node_graphs(pool);
  std::vector<Text> names = encodings::graph_names(space);
  switch (request.kind) {
    case EncodingKind::adjacency:
      encodings::append_features(
          encodings::adjacency_encoding(pool, names), result.table);
      break;
    case EncodingKind::path:
      encodings::append_features(
          encodings::path_encoding(pool, names, request.most_paths),
          result.table);
      break;
    case EncodingKind::learned: {
      auto learned = learn_encoding(space, graphs, request);
      if (!learned) return false;
      add_codes(learned->codes, names, result.table);
      result.learned = std::move(learned->facts);
    }
  }
  if (result.table.columns.empty()) {
    throw UserError(
        "--encoding {}: the {} architectures do not differ in it",
        request.encoding,
        specs.size());
  }
  result.truth = truth_of(result.table, request);
  const auto edits = [&](std::size_t a, std::size_t b) {
    int sum = 0;
    for (std::size_t g = 0; g < graphs.each; ++g) {
      sum += encodings::edit_distance(
          graphs.graphs[a * graphs.each + g],
          graphs.graphs[b * graphs.each + g]);
    }
    return sum;
  };
  if (specs.size() > 1) {
    result.smoothness = latent::smoothness(
        points_of(result.table), edits, result.truth, request.autoencoder.seed);
  }
  return true;
}

}  // namespace

int encode(const Arguments& arguments) {
  po::options_description description = encode_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  const EncodeRequest request = parse_encode_request(values);
  std::vector<Text> outputs;
  for (const auto& each : {request.csv, request.figure}) {
    if (each) outputs.push_back(*each);
  }
  std::vector<Text> inputs = request.selection.inputs();
  if (request.truth) inputs.push_back(request.truth->truth);
  check_destinations(outputs, inputs);
  const Selection selection =
      select_architectures(request.selection, request.autoencoder.seed);
  EncodeResult result;
  result.space = selection.space->info().name;
  result.table.arch = unite_names(selection.specs).unique;
  const Interruptible interruptible;
  if (!encode_graphs(*selection.space, request, result)) {
    std::cerr << "zcp: interrupted; a training keeps nothing\n";
    return 1;
  }
  if (request.csv) {
    write_output(*request.csv, [&](std::ostream& out) {
      tables::write_table(out, result.table);
    });
  }
  if (request.figure) write_figure(result, request);
  if (request.format == TableFormat::json) {
    print_encoding_json(result, request);
  } else if (request.csv != "-") {
    print_encoding(result, request);
  }
  return 0;
}

}  // namespace zcp::apps
