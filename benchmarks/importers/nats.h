// NATS-Bench: the folders NATS-tss-v1_0-3ffb9-simple and
// NATS-sss-v1_0-50262-simple, a bzip2-compressed pickle an architecture.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "benchmarks/importer.h"

namespace zcp::benchmarks {

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
};

/// Parses a record after decompression; throws UserError naming `source`.
NatsRecord parse_nats_record(std::string bytes, const std::string& source);

/// A row for each record that the folder holds, by number; columns as
/// `Importer::columns` says. Records stream: memory does not grow with their
/// size but by 8 bytes a number of the table.
Importer nats_importer();

}  // namespace zcp::benchmarks
