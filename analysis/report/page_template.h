// What pages have in common: one file with data, styles, scripts and charts.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace zcp::report {

/// A text whose paths are names of files: a page that people share tells
/// nobody where its maker keeps what.
std::string without_folders(std::string_view text);

/// Makes all texts of `data` such as a reader may see them.
void make_printable(nlohmann::ordered_json& data);

/// JSON that may stand inside <script>: without `<`, `>` and `&`, which occur
/// in strings alone and are escaped there. Bytes that are not UTF-8 are
/// replaced.
std::string script_safe(const nlohmann::ordered_json& json);

/// Writes `page`, an embedded file with a place for each of style, title,
/// charts, script and data, with what belongs there.
void write_template(
    std::ostream& out,
    std::string_view page,
    const std::string& title,
    std::string_view script,
    const nlohmann::ordered_json& data);

}  // namespace zcp::report
