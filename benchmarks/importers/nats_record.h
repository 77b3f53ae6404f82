// What NATS-Bench and NAS-Bench-201 keep of an architecture: one and the same
// nest of dicts, in files of different kinds.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/formats/pickle.h"
#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// A column of accuracies, in the order that columns are sorted.
struct NatsColumn {
  std::size_t set = 0;  ///< what was evaluated, in the order of the columns
  std::int64_t epochs = 0;
  std::int64_t seed = 0;  ///< 0: the mean over the seeds

  auto operator<=>(const NatsColumn&) const = default;
};

/// What is kept of a record.
struct NatsRecord {
  std::int64_t index = -1;
  std::string arch;
  std::map<NatsColumn, double> accuracy;  ///< percent, after the last epoch
  std::map<std::string, double> costs;    ///< params_D, macs_D
  Unused unused;  ///< values that contradict each other, which are NaN
};

/// Parses a record after decompression; throws UserError naming `source`.
NatsRecord parse_nats_record(std::string bytes, const std::string& source);

/// Reads a dict of training settings (of 12 and 200 epochs, say); throws
/// UserError naming the pickle's source.
NatsRecord nats_record(const formats::PickleValue& value);

/// The table under way: columns appear as records bring them.
class NatsColumns {
 public:
  void put(std::size_t row, NatsRecord record);

  /// The table of all rows up to the last one that was put: index, costs,
  /// accuracies.
  Imported finish(std::string source);

 private:
  std::vector<std::string> arch_;
  std::vector<double> index_;
  std::map<std::string, std::vector<double>> costs_;
  std::map<NatsColumn, std::vector<double>> accuracy_;
  std::map<std::size_t, Unused> unused_;  // by row, for one order of notes
};

}  // namespace zcp::importers
