// NATS-Bench: the folders NATS-tss-v1_0-3ffb9-simple and
// NATS-sss-v1_0-50262-simple, a bzip2-compressed pickle an architecture.
#pragma once

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// A row for each record that the folder holds, by number; columns as
/// `Importer::columns` says. Records stream: memory does not grow with their
/// size but by 8 bytes a number of the table.
Importer nats_importer();

}  // namespace zcp::importers
