// Correlations that papers print, to set ours beside. The tables are the CSV
// files of analysis/published/, part of the program from when it is built.
//
// A number is compared with ours of the same statistic for the same proxy on
// the same data set; where theirs is on another split (validation or test) or
// another set of architectures, that is said and left to the reader. Ours has
// an interval for the draw of the architectures; theirs, on a sample, has an
// error of its own that the paper does not print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/study.h"

namespace zcp::published {

/// One number of a paper.
struct PublishedValue {
  std::string space;       ///< `nats-tss`, `nas-bench-101`, ...
  std::string population;  ///< `all`, `filtered` (see subset.h) or `sample`
  std::size_t cells;       ///< how many architectures it is over
  std::string metric;      ///< such as `cifar10_test`
  std::string proxy;       ///< our name
  std::string printed;     ///< the paper's name
  std::string statistic;   ///< `tau`, `rho` or `ndcg_1000`
  double value;            ///< as printed
  double rounding;         ///< half a unit of its last digit
};

struct PublishedTable {
  std::string id;      ///< `zico`, the name of its file
  std::string title;   ///< authors, venue, number of the table
  std::string source;  ///< where it is printed
  std::string truth;   ///< what it correlates with
  std::string note;    ///< what to know when comparing; may be empty
  std::vector<PublishedValue> values;

  /// The spaces it has values of, in its order.
  std::vector<std::string> spaces() const;
};

/// A table from the text of its file. Throws std::runtime_error naming `id`
/// and the line for a file that is not of this form.
PublishedTable parse_published(std::string_view id, std::string_view text);

/// All tables, by their names.
const std::vector<PublishedTable>& published_tables();

/// The table and space that `ID` or `ID@SPACE` asks for.
struct PublishedChoice {
  const PublishedTable* table;
  std::string space;
};

/// Without `@SPACE` the space is the one `arch`, a spec, looks to be of.
/// Throws UserError for an unknown ID, for a space that the table lacks or, if
/// none is given, that cannot be told from `arch`.
PublishedChoice choose_published(std::string_view text, std::string_view arch);

/// Every table with numbers of the space that `arch` looks to be of, or of
/// SPACE in `all@SPACE`. Throws UserError where there is none.
std::vector<PublishedChoice> choose_all_published(
    std::string_view text,
    std::string_view arch);

/// The space a spec looks to be of: `nats-tss`, `nats-sss`, `transnas-micro`;
/// empty where it looks like neither.
std::string space_of(std::string_view arch);

/// Whether ours is their number, as far as that can be told.
enum class Reproduction {
  /// The same quantity, theirs lies in the interval of ours, and that is narrow
  /// enough (kTellingWidth) to have excluded most other numbers.
  reproduced,
  differs,     ///< the same quantity, and theirs lies outside
  cannot_tell  ///< all other cases
};

/// "reproduced", "differs", "cannot tell".
std::string_view to_text(Reproduction verdict);

/// The widest interval in which lying says something: proxies of one table are
/// some tenths apart.
constexpr double kTellingWidth = 0.1;

/// Their number beside ours.
struct PublishedRow {
  std::string proxy;   ///< the name in our scores
  std::string metric;  ///< the name in our truth
  double ours;
  statistics::Interval interval;  ///< of ours; NaN without draws
  std::size_t n;                  ///< architectures that ours is over
  PublishedValue theirs;
  bool same_truth;       ///< the same split of the data set
  bool same_population;  ///< the same named set of architectures
  /// Whether theirs, which may be off by its rounding, can lie in the interval
  /// of ours; false without one.
  bool inside;
  /// Of ours; where theirs is over a sample, wider by the error of its draw.
  /// NaN without draws.
  double width = 0;
  Reproduction verdict = Reproduction::cannot_tell;
  std::string why = {};  ///< no more can be told; empty for the other verdicts
};

/// Ours beside theirs wherever both have a number: rows of the subset `all`, in
/// the order of `rows`. `population` is the one that `rows` are over. A metric
/// is theirs when it has the same name, perhaps with the number of epochs
/// behind it (`cifar10_test_200`), or else the same data set before
/// `_test`, `_valid` or the like; a proxy when it has the same name or alias,
/// perhaps behind the metric's data set (`cifar10_nwot`).
std::vector<PublishedRow> compare_published(
    const PublishedChoice& choice,
    const std::vector<study::StudyRow>& rows,
    const std::string& population);

}  // namespace zcp::published
