// Networks of search spaces as Python builds them.
#pragma once

#include <pybind11/pybind11.h>

namespace zcp::python {

/// What an architecture's network is made of, with fresh weights. Keyword
/// arguments: `space`, a name or a JSON file; `arch`; `image`, (C, H, W);
/// `classes`, how many, and `head`, one of kHeadNames; `channels`, `cells` and
/// `affine` of spaces::Skeleton, 0: the benchmark's own; `init`, a name or
/// empty: PyTorch's; `seed`.
///
/// Returns a dict: `space`; `arch` in its one form; `params`, those that the
/// benchmark counts; and what the network is made of. Where that is a graph's
/// layers: `nodes`, in the order in which they run, of dicts: `op`,
/// `inputs` (numbers of nodes), `shape` (C, H, W) of the output, `layer` (the
/// number of its weights, -1: none; the same where weights come again),
/// `weight` and `bias` (float32 tensors, or None) and the attributes `kernel`,
/// `stride`, `padding`, `dilation`, `output_padding`, `groups`, `affine`,
/// `epsilon`, `offset`, `slope`; and `output`, the number of the last node.
///
/// Of transformers it is a program: `parameters` and `constants`, tensors by
/// name; `inputs`, (value, name of its tensor or "") each; `calls` in their
/// order, (operator, [(name, argument), ...], outputs) each, where an argument
/// is a number, a text, None, a list, a value's name in a tuple, or a type as
/// ("dtype", c10::ScalarType); and `output`, an argument.
///
/// Throws UserError as Space::build() does, and for a network that cannot run.
pybind11::dict space_network(const pybind11::kwargs& arguments);

}  // namespace zcp::python
