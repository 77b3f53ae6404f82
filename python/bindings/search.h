// Searches of a space that Python's functions describe.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

namespace zcp::python {

/// The columns that a list of objectives such as "-params,s=log_rank(a,b)" is
/// computed from, each once. Throws UserError as study::parse_objectives().
std::vector<std::string> objective_columns(const std::string& objectives);

/// Lets one of search::algorithms() search. Keyword arguments: `space`, an
/// object with `name`, `size`, `spec(index)`, `draw(seed)`, `mutate(spec,
/// seed)`, `neighbours(spec)` and `encode(spec)`, the last two may give None;
/// `points`, None or the specs and numbers [spec][number] that are searched
/// among as `zcp search --encodings` does; `algorithm`, `objectives`, `seed`,
/// `batch`, `population`, `tournament`, `evaluations`, `start`;
/// `feasible(spec)`, and `evaluate(specs)`, which gives a list of numbers for
/// each of objective_columns().
///
/// Returns a dict: `names` of the objectives, `archs` in the order of
/// evaluation, `values` [objective] [record] not negated, `steps` from 1,
/// `front`, `best` (None: no value) and `exhausted`. What the functions throw
/// is thrown; UserError also for fewer than two points and points that are all
/// alike.
pybind11::dict search_space(const pybind11::kwargs& arguments);

}  // namespace zcp::python
