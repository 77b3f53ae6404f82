// Exported programs, read with suspicion: the archives of torch.export.save,
// `.pt2`.
//
// torch 2.6 and 2.7 write a flat archive (serialized_exported_program.json,
// serialized_state_dict.pt, serialized_constants.pt), 2.8 a folder with
// models/NAME.json, data/weights/NAME.pt and data/constants/NAME.pt, and 2.9
// and newer the bytes of each weight on its own, with a table of them.
#pragma once

#include <memory>
#include <string>

#include "benchmarks/formats/zip.h"
#include "common/exported_program.h"

namespace zcp::formats {

/// Whether the archive's entries are those of an exported program.
bool is_exported_program(const ZipArchive& archive);

/// Reads it after these checks: no two entries of one name; every entry has the
/// bytes that its checksum says; weights have the bytes, the type and the place
/// in their storage that the tables say; the graph is sound JSON. Nothing of
/// the file is run. Throws UserError, one line that names the file, what was
/// found and what was expected.
std::shared_ptr<const ExportedProgram> read_exported_program(
    const ZipArchive& archive);

}  // namespace zcp::formats
