#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "apps/encode/result.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::string percent(const std::optional<double>& share) {
  return share ? percent(*share) : "-";
}

ordered_json number_or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

std::vector<Cells> learned_lines(const LearnedFacts& facts) {
  std::vector<Cells> lines{{"measure", "value"}};
  const bool here = facts.encoder.empty();
  if (!here) lines.push_back({"encoder", facts.encoder});
  lines.push_back(
      {"trained on", fmt::format("{} architectures", facts.trained)});
  lines.push_back({"epochs", std::to_string(facts.losses.size())});
  lines.push_back({"loss of the last", plain_number(facts.losses.back())});
  if (here) {
    lines.push_back(
        {"trained in",
         fmt::format("{:.0f} s of the processor", facts.seconds)});
  }
  lines.push_back(
      {"reconstruction measured on",
       fmt::format("{} architectures", facts.tested)});
  lines.push_back(
      {"operations reconstructed", percent(facts.reconstruction.nodes)});
  lines.push_back({"edges reconstructed", percent(facts.reconstruction.edges)});
  lines.push_back(
      {"whole graphs reconstructed", percent(facts.reconstruction.whole)});
  if (facts.draws == 0) return lines;
  lines.push_back(
      {fmt::format("{} draws: valid as arch2vec counts", facts.draws),
       percent(facts.validity_by_authors)});
  lines.push_back({"valid, edges included", percent(facts.validity)});
  lines.push_back({"unique among the valid", percent(facts.uniqueness)});
  return lines;
}

std::vector<Cells> edit_lines(const EncodeResult& result, bool truth) {
  std::vector<Cells> lines{{"edits", "pairs", "distance"}};
  if (truth) lines.back().push_back("difference");
  for (const latent::EditRow& row : result.smoothness->by_edits) {
    lines.push_back(
        {std::to_string(row.edits),
         std::to_string(row.pairs),
         brief_number(row.distance)});
    if (truth) lines.back().push_back(brief_number(row.difference));
  }
  return lines;
}

std::vector<Cells> distance_lines(const EncodeResult& result, bool truth) {
  std::vector<Cells> lines{{"distance from", "to", "pairs", "edits"}};
  if (truth) lines.back().push_back("difference");
  for (const latent::DistanceRow& row : result.smoothness->by_distance) {
    lines.push_back(
        {brief_number(row.low),
         brief_number(row.high),
         std::to_string(row.pairs),
         brief_number(row.edits)});
    if (truth) lines.back().push_back(brief_number(row.difference));
  }
  return lines;
}

std::string rho_note(const EncodeResult& result, const std::string& metric) {
  const latent::Smoothness& found = *result.smoothness;
  std::string text = fmt::format(
      "Spearman's correlation of distance with edit distance: {}",
      short_number(found.edits_rho));
  if (!metric.empty()) {
    text += fmt::format(
        "; with the difference in {}: {}",
        metric,
        short_number(found.difference_rho));
  }
  return text + ".";
}

ordered_json smoothness_json(const latent::Smoothness& found) {
  ordered_json object;
  object["edits_rho"] = zcp::number_or_null(found.edits_rho);
  object["difference_rho"] = zcp::number_or_null(found.difference_rho);
  object["by_edits"] = ordered_json::array();
  for (const latent::EditRow& row : found.by_edits) {
    object["by_edits"].push_back(
        {{"edits", row.edits},
         {"pairs", row.pairs},
         {"distance", zcp::number_or_null(row.distance)},
         {"difference", zcp::number_or_null(row.difference)}});
  }
  object["by_distance"] = ordered_json::array();
  for (const latent::DistanceRow& row : found.by_distance) {
    object["by_distance"].push_back(
        {{"low", zcp::number_or_null(row.low)},
         {"high", zcp::number_or_null(row.high)},
         {"pairs", row.pairs},
         {"edits", zcp::number_or_null(row.edits)},
         {"difference", zcp::number_or_null(row.difference)}});
  }
  return object;
}

void add_facts(const LearnedFacts& facts, ordered_json& object) {
  const bool here = facts.encoder.empty();
  if (!here) object["encoder"] = facts.encoder;
  object["epochs"] = facts.losses.size();
  object["losses"] = facts.losses;
  object["trained"] = facts.trained;
  object["tested"] = facts.tested;
  object["reconstruction_operations"] = facts.reconstruction.nodes;
  object["reconstruction_edges"] = facts.reconstruction.edges;
  object["reconstruction_graphs"] = facts.reconstruction.whole;
  if (!here) return;
  object["draws"] = facts.draws;
  object["validity_arch2vec"] = number_or_null(facts.validity_by_authors);
  object["validity"] = number_or_null(facts.validity);
  object["uniqueness"] = number_or_null(facts.uniqueness);
  object["processor_seconds"] = facts.seconds;
}

}  // namespace

void print_encoding(const EncodeResult& result, const EncodeRequest& request) {
  TableWriter out(std::cout, request.format);
  const std::string metric = request.metric();
  const bool truth = !metric.empty();
  out.title(fmt::format(
      "{}: {} encoding, {} numbers of each of {} architectures",
      result.space,
      request.encoding,
      result.table.columns.size(),
      result.table.arch.size()));
  if (result.learned) {
    out.table(learned_lines(*result.learned));
    out.gap();
  }
  if (!result.smoothness) return;
  out.title(
      truth ? fmt::format(
                  "Mean distance and difference in {} by edit distance", metric)
            : "Mean distance by edit distance");
  out.table(edit_lines(result, truth), 0);
  out.gap();
  out.title("Tenths of the pairs by distance");
  out.table(distance_lines(result, truth), 0);
  out.note(rho_note(result, metric), 2);
}

void print_encoding_json(
    const EncodeResult& result,
    const EncodeRequest& request) {
  ordered_json object;
  object["space"] = result.space;
  object["encoding"] = request.encoding;
  object["architectures"] = result.table.arch.size();
  object["columns"] = result.table.columns.size();
  object["seed"] = request.autoencoder.seed;
  if (result.learned) add_facts(*result.learned, object);
  if (!request.metric().empty()) object["metric"] = request.metric();
  if (result.smoothness) {
    object["smoothness"] = smoothness_json(*result.smoothness);
  }
  std::cout << json_text(object) << "\n";
}

}  // namespace zcp::apps
