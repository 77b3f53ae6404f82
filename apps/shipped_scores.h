// Sweeps that come with the program: scores of whole spaces, as
// benchmarks/scores/SPACE.NAME.csv.gz.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace zcp::apps {

struct ShippedScores {
  std::string name;  ///< SPACE:NAME, as --scores takes it
  std::filesystem::path path;
};

/// Where they lie: in share/zcp/scores of an installation, or in the folder
/// that this program was built from.
std::vector<std::filesystem::path> shipped_folders();

/// Those of the first of `folders` that has any, in the order of their names.
std::vector<ShippedScores> shipped_scores(
    std::span<const std::filesystem::path> folders);

/// The file of a name such as "nats-tss:gaussian"; anything that is not
/// SPACE:NAME with a space of this program, or that is a file, stays as it is.
/// Throws UserError, with the names there are, for a sweep that is not there.
std::string scores_path(
    const std::string& asked,
    std::span<const std::filesystem::path> folders);

/// What the comment lines in front of a shipped file say of its scores: up to
/// the empty fields and the command, which follow. Empty for anything that is
/// no shipped name.
std::string shipped_protocol(
    const std::string& asked,
    std::span<const std::filesystem::path> folders);

}  // namespace zcp::apps
