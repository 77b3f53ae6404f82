// How what `zcp correlate` finds is printed.
#pragma once

#include "apps/correlate/result.h"
#include "apps/text_table.h"

namespace zcp::apps {

/// Tables, within 100 columns but for the first kind. Parts that were not
/// asked for print nothing.
void print_text(const CorrelateResult& result, TableWriter& out);

/// An array on standard output, an object a proxy, metric and subset. What is
/// said of a metric or a subset as a whole is in each of its objects. Without
/// truth an object a proxy.
void print_json(const CorrelateResult& result);

/// The same as a CSV, without what is a list in itself.
void print_csv(const CorrelateResult& result);

/// How many architectures there were, and notes, on standard error.
void print_summary(const CorrelateResult& result);

// The tables of print_text(), in its order. Each but the first begins with the
// blank line that sets it apart from those before.

void print_study(const CorrelateResult& result, TableWriter& out);
void print_published(const CorrelateResult& result, TableWriter& out);
void print_ensembles(const CorrelateResult& result, TableWriter& out);
void print_costs(const CorrelateResult& result, TableWriter& out);
void print_matrix(const CorrelateResult& result, TableWriter& out);
void print_stability(const CorrelateResult& result, TableWriter& out);

}  // namespace zcp::apps
