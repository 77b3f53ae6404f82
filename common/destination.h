// Where a command's results go, and what they must not replace.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>

namespace zcp {

/// Throws UserError when write_output could not write one of `outputs`, when
/// two of them are one file, or when one would replace a file that the same
/// command uses: one of `inputs` (scores, data, models), a file in a folder
/// among them, or `store` (empty: none), with the -wal, -shm and -journal of
/// either. The store may be no input either, and there has to be a place for
/// it. A file that is there is replaced only where it is empty or begins as
/// outputs of zcp do, so that a command can be run again and nobody's own text
/// is lost. Files are compared by what they are, not by their spelling: links,
/// dots and /dev/fd/N are seen through, also where neither file is there yet.
/// "-" stands for standard output or input; empty inputs are passed over.
/// Commands call this before long work, so that no result is lost in the end.
void check_destinations(
    std::span<const std::string> outputs,
    std::span<const std::string> inputs,
    const std::string& store = {});

/// The same for outputs within a folder, by their names.
void check_destinations_in(
    const std::filesystem::path& folder,
    std::span<const std::string> names,
    std::span<const std::string> inputs);

/// Calls `write` with standard output for "-", else with a stream whose
/// content becomes the file `destination` once it is complete. Pipes, devices
/// and descriptors (/dev/stdout, /dev/fd/N) are written as they are. Throws
/// UserError when the file cannot be written or is one that no output of zcp
/// may replace (a SQLite database, an archive, anything that does not begin as
/// an output does),
/// std::runtime_error when writing breaks off.
void write_output(
    const std::string& destination,
    const std::function<void(std::ostream&)>& write);

}  // namespace zcp
