// Under which names a store keeps the scores of model files.
//
// A file may be written anew under its name, so that a name does not say what
// was scored. The store's name of a model is therefore NAME@CONTENT: the file's
// name without its extension, and the hash of its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::store {

/// "net@0123456789abcdef".
std::string model_key(std::string_view name, std::uint64_t content);

/// The name in such a key. Any other text, such as the keys of models in stores
/// of older programs, is the name itself.
std::string_view model_name(std::string_view key);

/// Whether the key says which content was scored.
bool names_content(std::string_view key);

/// What tables call these models: each by its name where no other key has that
/// name. Several of one name keep their keys, and one without a content is
/// NAME@unknown then.
std::vector<std::string> shown_models(const std::vector<std::string>& keys);

}  // namespace zcp::store
