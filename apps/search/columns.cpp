#include "apps/search/columns.h"

#include <algorithm>
#include <cmath>

#include "analysis/study/composite.h"
#include "analysis/study/join.h"
#include "apps/dead.h"
#include "apps/points.h"
#include "apps/selection.h"
#include "apps/study_tables.h"
#include "common/error.h"
#include "common/missing.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

tables::Table read_scores_table(const SearchOptions& options) {
  StudyRequest request;
  request.scores = options.scores;
  request.key_scores = options.key_scores;
  return read_study_scores(options.scores, request);
}

/// The rows of a table as points, each architecture once, and of them those
/// that are allowed.
std::unique_ptr<latent::EncodedSpace> encoded_space(
    const SearchOptions& options,
    const spaces::Space& space,
    tables::Table read,
    const std::optional<search::WishedSpace>& wished) {
  const Lookup lookup(std::move(read), space);
  const tables::Table& table = lookup.table();
  std::vector<std::string> specs;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.arch.size(); ++row) {
    const std::string& spec = lookup.specs()[row];
    if (lookup.row(spec) != row || (wished && !wished->allows(spec))) continue;
    specs.push_back(spec);
    rows.push_back(row);
  }
  if (wished && rows.size() < 2) {
    throw UserError(
        "--fix, --forbid: leave {} of the architectures of --encodings {}; "
        "expected two or more",
        rows.size(),
        options.encodings);
  }
  Eigen::MatrixXd points(
      static_cast<Eigen::Index>(table.columns.size()),
      static_cast<Eigen::Index>(rows.size()));
  for (Eigen::Index c = 0; c < points.rows(); ++c) {
    const auto& values = table.values[static_cast<std::size_t>(c)];
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      points(c, i) = values[rows[static_cast<std::size_t>(i)]];
    }
  }
  try {
    return std::make_unique<latent::EncodedSpace>(
        space, std::move(specs), std::move(points));
  } catch (const UserError& error) {
    throw UserError("--encodings {}: {}", options.encodings, error.what());
  }
}

tables::Table read_truth_table(const SearchOptions& options) {
  StudyRequest request;
  request.truth = options.truth;
  request.key_truth = options.key_truth;
  return read_study_truth(request);
}

}  // namespace

Lookup::Lookup(tables::Table table, const spaces::Space& space)
    : table_(std::move(table)), specs_(specs_of(table_, space)) {
  for (std::size_t row = 0; row < table_.arch.size(); ++row) {
    const auto [found, is_new] = rows_.emplace(specs_[row], row);
    if (is_new) continue;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      const auto& values = table_.values[c];
      if (tables::is_index_column(table_.columns[c]) ||
          same(values[found->second], values[row])) {
        continue;
      }
      throw UserError(
          "{}: {} and {} are one architecture with different {}",
          table_.source,
          table_.arch[found->second],
          table_.arch[row],
          table_.columns[c]);
    }
  }
}

std::optional<std::size_t> Lookup::column(const std::string& name) const {
  auto place = study::find_column(table_, name);
  if (!place) study::refuse_left_out(table_, name);
  return place;
}

std::optional<std::size_t> Lookup::row(const std::string& arch) const {
  const auto found = rows_.find(arch);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

double Lookup::value(const std::string& arch, std::size_t column) const {
  const auto found = rows_.find(arch);
  return found == rows_.end() ? kNan : table_.values[column][found->second];
}

SearchData::SearchData(const SearchOptions& options, const EncodePoints& encode)
    : options_(options),
      kept_(spaces::open_space(*options.score.selection.space)),
      space_(*kept_) {
  read_wishes();
  if (!options.scores.empty()) {
    scores_.emplace(read_scores_table(options), space_);
  }
  if (!options.truth.empty()) {
    truth_.emplace(read_truth_table(options), space_);
  }
  read_encodings(encode);
  costs_.emplace(options.budget, &space_);
  for (const Objective& objective : options.objectives) {
    for (const std::string& name : objective.columns()) resolve(name);
  }
  check_predictors(encode);
  find_metric();
  SelectionOptions one = options.score.selection;
  const Selection selection =
      select_architectures(one, options.score.evaluator.seed);
  const bool graphs =
      options.drop_dead || options.budget.needs_graphs() ||
      std::ranges::any_of(columns_, [](const SearchColumn& column) {
        return column.source == SearchColumn::Source::graph;
      });
  if (!graphs) return;
  const TaskChoice task =
      choose_task(options.score.task, false, options.score.evaluator.seed);
  require_one_input(task);
  build_ = [this,
            shape = task.shape,
            output = task.output,
            skeleton = selection.skeleton](const std::string& arch) {
    return space_.build(arch, shape, output, skeleton);
  };
}

std::vector<std::string> SearchData::notes() const {
  std::vector<std::string> notes = encoded_notes_;
  for (const auto* lookup : {&scores_, &truth_}) {
    if (!*lookup) continue;
    const auto& own = (*lookup)->table().notes;
    notes.insert(notes.end(), own.begin(), own.end());
  }
  return notes;
}

bool SearchData::tables_alone() const {
  return std::ranges::none_of(columns_, [](const SearchColumn& column) {
    return column.source == SearchColumn::Source::proxy;
  });
}

/// Where a column comes from: a table that has it, under either of its names,
/// else the graph, else a proxy.
void SearchData::resolve(const std::string& name) {
  using Source = SearchColumn::Source;
  if (std::ranges::find(columns_, name, &SearchColumn::name) !=
      columns_.end()) {
    return;
  }
  for (const std::string& known : {name, study::other_name(name)}) {
    if (scores_) {
      if (const auto place = scores_->column(known)) {
        columns_.push_back({name, Source::scores, *place, {}, {}});
        return;
      }
    }
    if (truth_) {
      if (const auto place = truth_->column(known)) {
        columns_.push_back({name, Source::truth, *place, {}, {}});
        return;
      }
    }
    if (is_size(known)) {
      columns_.push_back({name, Source::graph, 0, {}, known});
      return;
    }
  }
  SearchColumn column{name, Source::proxy, 0, {}, name};
  if (const std::size_t colon = name.rfind(':'); colon != std::string::npos) {
    column.task = name.substr(0, colon);
    column.proxy = name.substr(colon + 1);
  }
  columns_.push_back(std::move(column));
}

/// An encoder gives every architecture of the space a point or, where these are
/// too many, every one of a table that objectives come from.
tables::Table SearchData::points_of_encoder(const EncodePoints& encode) const {
  constexpr std::int64_t kMost = 1'000'000;
  const SavedEncoder encoder = read_encoder(options_.encodings);
  require_space(encoder, space_, "--encodings");
  if (!encode) {
    throw UserError(
        "--encodings {}: an encoder, which this build cannot run; expected a "
        "table of points",
        options_.encodings);
  }
  const std::int64_t size = space_.info().size;
  if (size > 0 && size <= kMost) {
    std::vector<std::string> specs;
    for (std::int64_t i = 0; i < size; ++i) specs.push_back(space_.spec(i));
    return encode(encoder, space_, specs);
  }
  if (scores_) return encode(encoder, space_, scores_->specs());
  if (truth_) return encode(encoder, space_, truth_->specs());
  throw UserError(
      "--encodings {}: {} has more than {} architectures, too many to encode "
      "all; expected a table of some (zcp encode --encoder {} --sample N --csv "
      "FILE)",
      options_.encodings,
      space_.info().name,
      kMost,
      options_.encodings);
}

void SearchData::read_encodings(const EncodePoints& encode) {
  if (options_.encodings.empty()) return;
  if (!options_.settings.start.empty() &&
      space_.info().name == "mobilenet-v2") {
    throw UserError(
        "--start: ZenNAS's evolution edits networks, it does not go with "
        "--encodings");
  }
  tables::Table points =
      is_encoder_file(options_.encodings)
          ? points_of_encoder(encode)
          : read_points(options_.encodings, options_.key_encodings);
  encoded_notes_ = points.notes;
  encoded_ = encoded_space(options_, space_, std::move(points), wished_);
  if (wishes_.preferred.empty()) return;
  preferring_.emplace(
      *encoded_, search::Wishes{{}, {}, wishes_.preferred}, space_);
}

void SearchData::read_wishes() {
  const spaces::Parts parts(space_);
  const auto read = [&](const char* option,
                        const std::vector<std::string>& texts,
                        std::vector<search::Part>& out) {
    for (const std::string& text : texts) {
      search::Part part = search::parse_part(option, text, space_, parts);
      if (std::ranges::find(out, part) == out.end()) {
        out.push_back(std::move(part));
      }
    }
  };
  read("fix", options_.fix, wishes_.fixed);
  read("forbid", options_.forbid, wishes_.forbidden);
  read("prefer", options_.prefer, wishes_.preferred);
  if (!wishes_.empty()) wished_.emplace(space_, wishes_);
  for (const std::string& name : options_.algorithms) {
    if (wishes_.preferred.empty() || takes_preference(name)) continue;
    throw UserError(
        "--prefer: goes with algorithms that draw and mutate (evolution, "
        "bayes; local and nsga2 for what they begin with), not with {}{}",
        name,
        name == "evolution" ? " of ZenNAS" : "");
  }
}

bool SearchData::takes_preference(const std::string& algorithm) const {
  for (const char* name : {"exhaustive", "progressive", "reinforce"}) {
    if (algorithm == name) return false;
  }
  // In a space that is numbered, as points are, it takes numbers.
  if (algorithm == "random") {
    return space_.info().size == 0 && options_.encodings.empty();
  }
  const bool zen = algorithm == "evolution" &&
                   !options_.settings.start.empty() &&
                   space_.info().name == "mobilenet-v2";
  return !zen;
}

/// A predictor of graphs or points knows those of one space.
void SearchData::check_predictors(const EncodePoints& encode) const {
  for (const Objective& objective : options_.objectives) {
    if (!objective.predictor) continue;
    const SavedPredictor& saved = objective.predictor->saved();
    if (saved.space.empty()) continue;
    // What a file describes may be another space by now.
    const std::string fitted =
        saved.space_name.empty() ? spaces::open_space(saved.space)->info().name
                                 : saved.space_name;
    if (fitted != space_.info().name) {
      throw UserError(
          "--by {}: fitted to architectures of {}, found --space {}",
          objective.name,
          fitted,
          space_.info().name);
    }
    if (saved.points.encoder && !encode) {
      throw UserError(
          "--by {}: has an encoder, which this build cannot run",
          objective.name);
    }
    objective.predictor->encode_by(encode);
  }
}

void SearchData::find_metric() {
  if (!truth_) return;
  if (!options_.metric.empty()) {
    const auto place =
        study::require_column(truth_->table(), options_.metric, "--metric");
    metric_ = {options_.metric, place, options_.less};
    return;
  }
  const Objective& first = options_.objectives.front();
  if (first.composite || first.predictor) return;
  const auto column =
      std::ranges::find(columns_, first.name, &SearchColumn::name);
  if (column->source != SearchColumn::Source::truth) return;
  metric_ = {first.name, column->place, first.less};
}

bool SearchData::feasible(const std::string& arch) const {
  using Source = SearchColumn::Source;
  for (const SearchColumn& column : columns_) {
    if (column.source == Source::scores && !scores_->has(arch)) return false;
    if (column.source == Source::truth && !truth_->has(arch)) return false;
  }
  if (encoded_ && !encoded_->has(arch)) return false;
  if (wished_ && !wished_->allows(arch)) return false;
  if (options_.repeats && metric_ &&
      std::isnan(truth_->value(arch, metric_->column))) {
    return false;
  }
  if (options_.drop_dead && facts(arch).dead) {
    ++rejected_;
    return false;
  }
  if (options_.budget.empty()) return true;
  const Bound* broken = options_.budget.first_broken(
      [&](const std::string& column) { return budget_value(arch, column); });
  if (broken != nullptr) ++rejected_;
  return broken == nullptr;
}

double SearchData::value(const std::string& arch, const SearchColumn& column)
    const {
  switch (column.source) {
    case SearchColumn::Source::scores:
      return scores_->value(arch, column.place);
    case SearchColumn::Source::truth:
      return truth_->value(arch, column.place);
    case SearchColumn::Source::graph:
      return size_value(facts(arch).sizes, column.proxy);
    default:
      return kNan;
  }
}

double SearchData::budget_value(
    const std::string& arch,
    const std::string& column) const {
  if (is_size(column)) return size_value(facts(arch).sizes, column);
  return costs_->value(arch, column);
}

SearchData::GraphFacts SearchData::facts(const std::string& arch) const {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = facts_.find(arch);
    if (found != facts_.end()) return found->second;
  }
  const graph::Graph graph = build_(arch);
  const GraphFacts facts{graph::sizes_of(graph), is_dead(graph)};
  const std::scoped_lock lock(mutex_);
  return facts_.emplace(arch, facts).first->second;
}

}  // namespace zcp::apps
