#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <optional>

#include "analysis/latent/principal.h"
#include "analysis/report/latent_figure.h"
#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "apps/architectures.h"
#include "apps/command_line.h"
#include "apps/commands.h"
#include "apps/encode/encoder.h"
#include "apps/encode/request.h"
#include "apps/encode/result.h"
#include "apps/interruptible.h"
#include "apps/selection.h"
#include "apps/study_tables.h"
#include "common/destination.h"
#include "common/error.h"

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
    "--save keeps a trained encoder, --encoder encodes by one.\n"
    "\n"
    "zcp search --encodings FILE searches among the points of such a table, "
    "or\n"
    "of such an encoder, zcp predict --encodings FILE learns from them.";

constexpr std::string_view kExample =
    "  zcp encode --space nats-tss --all --csv learned.csv \\\n"
    "      --truth nats_tss_accuracy.csv --metric cifar10_test \\\n"
    "      --figure latent.svg --save nats-tss.encoder\n"
    "  zcp encode --space nats-tss --sample 9 --encoder nats-tss.encoder \\\n"
    "      --csv more.csv\n"
    "  zcp encode --space nas-bench-101 --sample 1000 --encoding path \\\n"
    "      --csv paths.csv";

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

/// Encodes all graphs, laid out as the encoder has them.
Learned encode_by_file(
    const encodings::NodeGraphs& graphs,
    const SavedEncoder& encoder) {
  training::GraphAutoencoder autoencoder(graphs, encoder.options);
  restore(encoder, autoencoder);
  std::vector<std::size_t> all(graphs.graphs.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Learned learned;
  learned.codes = autoencoder.encode(all);
  learned.facts.encoder = encoder.source;
  learned.facts.trained = encoder.trained;
  learned.facts.losses = encoder.losses;
  learned.facts.tested = graphs.architectures();
  learned.facts.reconstruction = autoencoder.reconstruct(all);
  return learned;
}

/// The learned points, and the graphs that they are of; false where an
/// interrupt came.
bool encode_learned(
    const spaces::Space& space,
    const encodings::GraphPool& pool,
    const EncodeRequest& request,
    encodings::NodeGraphs& graphs,
    EncodeResult& result) {
  std::optional<Learned> learned;
  if (request.encoder) {
    const SavedEncoder encoder = read_encoder(*request.encoder);
    require_space(encoder, space, "--encoder");
    graphs = graphs_for(encoder, pool, result.table.arch);
    learned = encode_by_file(graphs, encoder);
  } else {
    learned = learn_encoding(space, graphs, request);
  }
  if (!learned) return false;
  append_codes(learned->codes, encodings::graph_names(space), result.table);
  result.learned = std::move(learned->facts);
  result.encoder = std::move(learned->encoder);
  return true;
}

/// Fills the table and what is known of it; false where an interrupt came.
bool encode_graphs(
    const spaces::Space& space,
    const EncodeRequest& request,
    EncodeResult& result) {
  const std::vector<Text>& specs = result.table.arch;
  const auto pool = encodings::encoded_pool(space, specs);
  encodings::NodeGraphs graphs = encodings::node_graphs(pool);
  const std::vector<Text> names = encodings::graph_names(space);
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
    case EncodingKind::learned:
      if (!encode_learned(space, pool, request, graphs, result)) return false;
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

void save_encoder(
    SavedEncoder encoder,
    const EncodeRequest& request,
    const Arguments& arguments) {
  encoder.command_line = command_line("encode", arguments);
  write_output(
      *request.save, [&](std::ostream& out) { out << encoder_text(encoder); });
  if (request.quiet) return;
  std::cerr << fmt::format(
      "kept the encoder of {} for zcp encode --encoder {}\n",
      encoder.space,
      *request.save);
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
  for (const auto& each : {request.csv, request.figure, request.save}) {
    if (each) outputs.push_back(*each);
  }
  std::vector<Text> inputs = request.selection.inputs();
  if (request.truth) inputs.push_back(request.truth->truth);
  if (request.encoder) inputs.push_back(*request.encoder);
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
  if (request.save) save_encoder(result.encoder, request, arguments);
  if (request.format == TableFormat::json) {
    print_encoding_json(result, request);
  } else if (request.csv != "-") {
    print_encoding(result, request);
  }
  return 0;
}

}  // namespace zcp::apps
