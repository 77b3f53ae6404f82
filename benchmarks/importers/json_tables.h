// Benchmarks that come as one JSON file.
#pragma once

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// NAS-Bench-Macro's nas-bench-macro_cifar10.json: accuracies of every seed,
/// their mean, params and macs.
Importer nas_bench_macro_importer();

/// NAS-Bench-Suite-Zero's zc_nasbench201.json: other people's proxy scores, as
/// a table with NATS-TSS specs; columns D_PROXY and D_valid a data set D.
Importer nas_bench_suite_zero_importer();

}  // namespace zcp::importers
