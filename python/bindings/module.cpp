// zcp._core: the engine in the process of its caller. The package's Python
// files are its only users and check what they hand over.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <new>

#include "benchmarks/tables/table.h"
#include "common/error.h"
#include "common/score_status.h"
#include "proxies/registry.h"
#include "python/bindings/network.h"
#include "python/bindings/request.h"
#include "python/bindings/search.h"
#include "python/bindings/waiting.h"

namespace py = pybind11;

namespace zcp::python {
namespace {

/// Scores in the order of the proxies: (name, status, value, reason,
/// seconds, transient).
py::list score_model(const py::kwargs& arguments) {
  Request request = read_request(arguments);
  const auto proxies = request.proxies;
  std::atomic<bool> is_cancelled = false;
  request.options.is_cancelled = [&] { return is_cancelled.load(); };
  std::vector<engine::Score> scores;
  run_and_wait([&] { scores = score(std::move(request)); }, is_cancelled);
  py::list rows;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const engine::Score& one = scores[i];
    rows.append(py::make_tuple(
        proxies[i]->name,
        std::string(to_text(one.status)),
        one.value,
        one.reason,
        one.seconds,
        one.transient));
  }
  return rows;
}

/// Names that --proxies takes, resolved: groups become their members.
std::vector<std::string> select(const std::vector<std::string>& names) {
  std::vector<std::string> resolved;
  for (const auto* proxy : proxies::select_proxies(names)) {
    resolved.push_back(proxy->name);
  }
  return resolved;
}

/// Those of the proxies that run a network on inputs of their own: noise, ones.
std::vector<std::string> draw_inputs(const std::vector<std::string>& names) {
  std::vector<std::string> drawing;
  for (const auto* proxy : proxies::select_proxies(names)) {
    const engine::PassKind pass = proxy->needs.pass;
    const bool runs = pass != engine::PassKind::structure &&
                      pass != engine::PassKind::weights;
    if (runs && !proxy->needs.inputs()) drawing.push_back(proxy->name);
  }
  return drawing;
}

/// Those of the proxies that differentiate by the network's inputs.
std::vector<std::string> derive_by_inputs(
    const std::vector<std::string>& names) {
  std::vector<std::string> deriving;
  for (const auto* proxy : proxies::select_proxies(names)) {
    if (proxy->needs.pass == engine::PassKind::jacobian) {
      deriving.push_back(proxy->name);
    }
  }
  return deriving;
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(std::move(thrown));
  } catch (const UserError& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  }
}

}  // namespace
}  // namespace zcp::python

PYBIND11_MODULE(_core, m) {
  m.doc() = "The engine of zcp; use zcp.score().";
  m.attr("torch_minor") = ZCP_TORCH_MINOR;
  py::register_exception_translator(&zcp::python::translate);
  m.def("score_model", &zcp::python::score_model);
  m.def("select", &zcp::python::select);
  m.def("require_served", &zcp::python::require_served);
  m.def("reads_words", &zcp::python::reads_words);
  m.def("draw_inputs", &zcp::python::draw_inputs);
  m.def("objective_columns", &zcp::python::objective_columns);
  m.def("search_space", &zcp::python::search_space);
  m.def("is_index_column", &zcp::tables::is_index_column);
  m.def("space_network", &zcp::python::space_network);
  m.def("derive_by_inputs", &zcp::python::derive_by_inputs);
}
