// The graph of an exported program: the JSON that torch.export.save writes.
// Nothing of it is run here. Fields are those of torch/_export/serde/schema.py,
// version 8, which torch 2.6 to 2.13 write.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/exported_program.h"

namespace zcp::formats {

/// All but ExportedProgram::tensors. Throws UserError naming `source`, what was
/// found and what was expected, for text that is no such JSON, is of another
/// major version, nests too deep, or holds what is no data (custom objects).
ExportedProgram parse_exported_graph(
    std::string_view text,
    const std::string& source);

/// What is said of a tensor beside its bytes: dtype, sizes, strides and offset.
/// Throws UserError naming `place`.
ExportedTensor exported_layout(
    const nlohmann::json& meta,
    const std::string& place);

/// c10's number of a dtype of the schema, which counts from 1. Throws UserError
/// naming `place` for one that no network is made of.
int exported_dtype(const nlohmann::json& json, const std::string& place);

}  // namespace zcp::formats
