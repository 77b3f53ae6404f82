#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

#include "analysis/hardware/adaptation.h"
#include "analysis/prediction/model.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/study/join.h"
#include "apps/devices/request.h"
#include "apps/selection.h"
#include "apps/text_table.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/encodings/features.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using prediction::Block;

/// What every pair of devices shares.
struct Encoded {
  hardware::Encodings linear;  ///< one-hot operations by place, and 1
  std::vector<Block> blocks;
};

Block block_of(const char* name, std::vector<encodings::Feature> features) {
  Block block;
  block.name = name;
  encodings::append_features(std::move(features), block);
  return block;
}

Encoded encode(const std::string& space_name, const tables::Table& costs) {
  const auto opened = spaces::open_space(space_name);
  const spaces::Space& space = *opened;
  const auto names = encodings::graph_names(space);
  const auto pool = encodings::graph_pool(space, specs_of(costs, space));
  auto adjacency = encodings::adjacency_encoding(pool, names);
  Encoded encoded;
  encoded.linear.assign(costs.arch.size(), {});
  for (std::size_t row = 0; row < costs.arch.size(); ++row) {
    for (const encodings::Feature& feature : adjacency) {
      encoded.linear[row].push_back(feature.values[row]);
    }
    encoded.linear[row].push_back(1);
  }
  encoded.blocks.push_back(block_of("adjacency", std::move(adjacency)));
  encoded.blocks.push_back(
      block_of("live", encodings::live_features(pool, names)));
  return encoded;
}

/// A pair of columns of the costs, and rho on held rows of each way.
struct Pair {
  std::size_t proxy;
  std::size_t target;
  std::size_t held = 0;
  double tables = 0;     ///< the proxy device's own measurements
  double unadapted = 0;  ///< its linear predictor
  double adapted = 0;    ///< OneProxy's adaptation of it
  double lambda = 0;
  double scratch = 0;        ///< least squares on the measured rows
  double process = 0;        ///< Gaussian process on them and the proxy device
  double process_alone = 0;  ///< the same without the proxy device
};

/// Of the Gaussian process on all measured rows, those of validation included.
double process_rho(
    const std::vector<Block>& blocks,
    std::span<const double> target,
    const hardware::Rows& rows,
    std::uint64_t seed) {
  const prediction::Design design(blocks);
  std::vector<std::size_t> given = rows.train;
  given.insert(given.end(), rows.validation.begin(), rows.validation.end());
  std::vector<double> labels;
  for (const std::size_t row : given) labels.push_back(target[row]);
  const auto fitted = prediction::fit_gaussian_process(
      design, given, prediction::normal_scores(labels), seed);
  std::vector<double> held;
  for (const std::size_t row : rows.held) held.push_back(target[row]);
  return statistics::spearman_rho(fitted->predict(rows.held).mean, held);
}

/// The columns over the rows that both devices measured, in the table's order.
struct Measured {
  std::vector<double> proxy;
  std::vector<double> target;
  Encoded encoded;
};

Measured measured_by_both(
    const tables::Table& costs,
    const Encoded& all,
    const Pair& pair) {
  Measured both;
  for (const Block& block : all.blocks) {
    both.encoded.blocks.push_back({block.name, block.columns, {}, false});
    both.encoded.blocks.back().values.resize(block.columns.size());
  }
  for (std::size_t row = 0; row < costs.arch.size(); ++row) {
    const double near = costs.values[pair.proxy][row];
    const double far = costs.values[pair.target][row];
    if (std::isnan(near) || std::isnan(far)) continue;
    both.proxy.push_back(near);
    both.target.push_back(far);
    both.encoded.linear.push_back(all.linear[row]);
    for (std::size_t b = 0; b < all.blocks.size(); ++b) {
      for (std::size_t c = 0; c < all.blocks[b].values.size(); ++c) {
        both.encoded.blocks[b].values[c].push_back(
            all.blocks[b].values[c][row]);
      }
    }
  }
  return both;
}

void try_pair(
    const tables::Table& costs,
    const Encoded& all,
    const DevicesRequest& request,
    Pair& pair) {
  Measured both = measured_by_both(costs, all, pair);
  const std::size_t needed =
      request.train + request.validation + statistics::kLeastRows;
  if (both.target.size() < needed) {
    throw UserError(
        "{}: {} and {} share {} measurements, expected {} or more for --train "
        "{} --validation {}",
        costs.source,
        costs.columns[pair.proxy],
        costs.columns[pair.target],
        both.target.size(),
        needed,
        request.train,
        request.validation);
  }
  hardware::Rows rows;
  for (std::size_t row = 0; row < both.target.size(); ++row) {
    const bool trains = row < request.train;
    const bool validates = row < request.train + request.validation;
    (trains      ? rows.train
     : validates ? rows.validation
                 : rows.held)
        .push_back(row);
  }
  const auto& x = both.encoded.linear;
  std::vector<double> near;
  std::vector<double> far;
  for (const std::size_t row : rows.held) {
    near.push_back(both.proxy[row]);
    far.push_back(both.target[row]);
  }
  pair.held = rows.held.size();
  pair.tables = statistics::spearman_rho(near, far);
  pair.unadapted = hardware::unadapted(x, both.proxy, both.target, rows).rho;
  const auto adapted = hardware::adapt_linear(x, both.proxy, both.target, rows);
  pair.adapted = adapted.rho;
  pair.lambda = adapted.lambda;
  // Without a proxy device nothing has to be validated: all are fitted to.
  hardware::Rows together = rows;
  together.train.insert(
      together.train.end(), rows.validation.begin(), rows.validation.end());
  pair.scratch = hardware::from_scratch(x, both.target, together).rho;
  std::vector<Block> blocks = both.encoded.blocks;
  pair.process_alone = process_rho(blocks, both.target, rows, request.seed);
  blocks.push_back(
      {"proxy device", {costs.columns[pair.proxy]}, {both.proxy}, true});
  pair.process = process_rho(blocks, both.target, rows, request.seed);
}

std::vector<Pair> pairs_of(
    const tables::Table& costs,
    const DevicesRequest& request) {
  std::vector<Pair> pairs;
  if (request.adapt_all) {
    if (costs.columns.size() < 2) {
      throw UserError(
          "--adapt all: found {} device(s) in {}, expected two or more",
          costs.columns.size(),
          costs.source);
    }
    for (std::size_t p = 0; p < costs.columns.size(); ++p) {
      for (std::size_t t = 0; t < costs.columns.size(); ++t) {
        if (p != t) pairs.push_back({p, t});
      }
    }
  }
  for (const auto& [proxy, target] : request.adapt) {
    pairs.push_back(
        {study::require_column(costs, proxy, "proxy device"),
         study::require_column(costs, target, "device")});
  }
  return pairs;
}

void write_pairs(
    std::ostream& out,
    const tables::Table& costs,
    std::span<const Pair> pairs) {
  out << "proxy,target,held,tables,unadapted,adapted,lambda,scratch,gp,"
         "gp_scratch\n";
  for (const Pair& pair : pairs) {
    std::string line;
    formats::append_csv_field(line, costs.columns[pair.proxy]);
    line += ',';
    formats::append_csv_field(line, costs.columns[pair.target]);
    out << fmt::format(
        "{},{},{:.6f},{:.6f},{:.6f},{:g},{:.6f},{:.6f},{:.6f}\n",
        line,
        pair.held,
        pair.tables,
        pair.unadapted,
        pair.adapted,
        pair.lambda,
        pair.scratch,
        pair.process,
        pair.process_alone);
  }
}

/// Means over the pairs whose own tables agree so much: the more they do, the
/// more a proxy device can add to few measurements.
void print_by_agreement(std::span<const Pair> pairs) {
  constexpr std::array kBounds{-1.0, 0.5, 0.7, 0.9, 0.97, 1.01};
  std::vector<Cells> lines{
      {"rho of the tables",
       "pairs",
       "tables",
       "adapted",
       "from scratch",
       "gp with it",
       "gp without",
       "adds .01"}};
  for (std::size_t bin = 0; bin + 1 < kBounds.size(); ++bin) {
    std::vector<const Pair*> own;
    for (const Pair& pair : pairs) {
      if (pair.tables >= kBounds[bin] && pair.tables < kBounds[bin + 1]) {
        own.push_back(&pair);
      }
    }
    if (own.empty()) continue;
    const auto mean = [&](double Pair::*number) {
      double sum = 0;
      for (const Pair* pair : own) sum += pair->*number;
      return short_number(sum / static_cast<double>(own.size()));
    };
    const auto adds = std::ranges::count_if(own, [](const Pair* pair) {
      return pair->process > pair->process_alone + 0.01;
    });
    const std::string range =
        bin == 0 ? "below .5"
                 : fmt::format("{} and more", fixed_number(kBounds[bin], 2));
    lines.push_back(
        {range,
         std::to_string(own.size()),
         mean(&Pair::tables),
         mean(&Pair::adapted),
         mean(&Pair::scratch),
         mean(&Pair::process),
         mean(&Pair::process_alone),
         std::to_string(adds)});
  }
  TableWriter(std::cerr).table(lines);
}

/// How often a proxy device helps, in words.
void print_summary(std::span<const Pair> pairs) {
  double linear = 0;
  double scratch = 0;
  double with = 0;
  double alone = 0;
  std::size_t pays = 0;
  const auto n = static_cast<double>(pairs.size());
  for (const Pair& pair : pairs) {
    linear += pair.adapted / n;
    scratch += pair.scratch / n;
    with += pair.process / n;
    alone += pair.process_alone / n;
    if (pair.process > pair.process_alone + 0.01) ++pays;
  }
  std::cerr << fmt::format(
      "mean rho over {} pair(s): adapted {}, least squares from scratch {}, "
      "Gaussian process with the proxy device {}, without it {}; the proxy "
      "device adds more than .01 in {} pair(s)\n",
      pairs.size(),
      short_number(linear),
      short_number(scratch),
      short_number(with),
      short_number(alone),
      pays);
  constexpr std::size_t kManyPairs = 20;
  if (pairs.size() >= kManyPairs) print_by_agreement(pairs);
}

}  // namespace

void adapt_devices(const DevicesRequest& request) {
  const tables::Table costs = read_costs(request);
  const Encoded encoded = encode(request.space, costs);
  std::vector<Pair> pairs = pairs_of(costs, request);
  parallel_for(pairs.size(), [&](std::size_t i) {
    try_pair(costs, encoded, request, pairs[i]);
  });
  write_output(
      request.csv, [&](std::ostream& out) { write_pairs(out, costs, pairs); });
  if (!request.quiet) print_summary(pairs);
}

}  // namespace zcp::apps
