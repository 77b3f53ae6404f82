// Where a command's results go, and what they must not replace.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>

namespace zcp {

/// Throws UserError when write_output could not write one of `outputs`, when
/// two of them are one file, or when one is among `inputs`: all the files that
/// the same command reads or keeps open, such as scores, data, models and
/// stores (also the -wal, -shm and -journal of a store). Files are compared by
/// what they are, not by their spelling: links, dots and /dev/fd/N are seen
/// through, also where neither file is there yet. "-" stands for standard
/// output or input; empty inputs are passed over. Commands call this before
/// long work, so that no result is lost in the end.
void check_destinations(
    std::span<const std::string> outputs,
    std::span<const std::string> inputs);

/// The same for one output and `kept`, the store of the same command (empty:
/// none).
void check_destination(
    const std::string& destination,
    const std::filesystem::path& kept);

/// Calls `write` with standard output for "-", else with a stream whose
/// content becomes the file `destination` once it is complete. Pipes, devices
/// and descriptors (/dev/stdout, /dev/fd/N) are written as they are. Throws
/// UserError when the file cannot be written or is one that no output of zcp
/// may replace (a SQLite database, an archive, anything that is not text),
/// std::runtime_error when writing breaks off.
void write_output(
    const std::string& destination,
    const std::function<void(std::ostream&)>& write);

}  // namespace zcp
