// A trained encoder as JSON, by itself or within another file.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/encode/saved.h"

namespace zcp::apps {

/// The encoder with the checksum of all else.
nlohmann::ordered_json encoder_json(const SavedEncoder& encoder);

/// The other way round; `source` stays empty. Throws UserError for what is no
/// encoder, is damaged (the checksum is another) or of a version that is not
/// known, and nlohmann::json::exception for what is not whole.
SavedEncoder encoder_of(const nlohmann::ordered_json& object);

/// Of everything in the object but the checksum itself. A number's text is the
/// shortest that is read back as the same number, so that it does not matter
/// who formatted the file.
std::string encoder_checksum(nlohmann::ordered_json object);

}  // namespace zcp::apps
