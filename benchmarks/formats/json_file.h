// JSON files as Python writes them.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace zcp::formats {

/// An object with entries. Of Python's numbers that are not JSON, NaN comes as
/// null, the infinities as the strings "Infinity" and "-Infinity". Throws
/// UserError naming `source` for anything else, and for a key that an object
/// has twice.
nlohmann::json parse_json(std::string_view text, const std::string& source);

/// The same from a file.
nlohmann::json read_json(const std::filesystem::path& path);

/// The same of a list with entries.
nlohmann::json parse_json_list(
    std::string_view text,
    const std::string& source);
nlohmann::json read_json_list(const std::filesystem::path& path);

/// The member of an object; throws UserError naming `place`.
const nlohmann::json& json_member(
    const nlohmann::json& json,
    const char* name,
    const std::string& place);

/// A number, which may be infinite, or NaN for null; throws UserError naming
/// `place`.
double json_number(const nlohmann::json& json, const std::string& place);

}  // namespace zcp::formats
