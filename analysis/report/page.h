// A report as one HTML file that needs nothing else.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/report/report.h"

namespace zcp::report {

/// All that the page shows, as its scripts read it (see page/data.js).
/// Numbers that do not exist are null.
nlohmann::ordered_json page_data(const Report& report);

/// JSON that may stand inside <script>: without `<`, `>` and `&`, which occur
/// in strings alone and are escaped there. Bytes that are not UTF-8 are
/// replaced.
std::string script_safe(const nlohmann::ordered_json& json);

/// The page: its data, styles and scripts and Apache ECharts in one file.
void write_page(std::ostream& out, const Report& report);

}  // namespace zcp::report
