// What is particular to scoring TorchScript files: they are told apart by their
// contents, and one that cannot be scored harms no other.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/architectures.h"
#include "apps/score/score_table.h"
#include "apps/selection.h"

namespace zcp::apps {

/// Fills Selection::contents. A file that cannot be read has none.
void read_contents(Selection& selection);

/// What a store calls the architectures, by index in Architectures::unique: the
/// specs; the keys (store/model_key.h) of models, or the name and @ of one that
/// cannot be read.
std::vector<std::string> store_keys(
    const Selection& selection,
    const Architectures& architectures);

/// Whether the reason is a fault of the model at `path` as a whole: it begins
/// with the file's name, in whatever folder.
bool is_about_file(const std::string& reason, const std::string& path);

/// The names of the models that could not be read or run: they have a failed
/// score whose reason is about their file.
std::vector<std::string> models_not_run(
    const Selection& selection,
    const Architectures& architectures,
    const ScoreTable& table);

}  // namespace zcp::apps
