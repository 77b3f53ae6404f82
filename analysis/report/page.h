// A report as one HTML file that needs nothing else.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "analysis/report/report.h"

namespace zcp::report {

/// All that the page shows, as its scripts read it (see page/data.js).
/// Numbers that do not exist are null.
nlohmann::ordered_json page_data(const Report& report);

/// The page: its data, styles and scripts and Apache ECharts in one file.
void write_page(std::ostream& out, const Report& report);

/// The same of several studies, whose names differ: the page shows one of them
/// at a time, the first to begin with, and all of them side by side. `reports`
/// is not empty; `title` heads the page.
void write_page(
    std::ostream& out,
    std::span<const Report> reports,
    const std::string& title);

}  // namespace zcp::report
