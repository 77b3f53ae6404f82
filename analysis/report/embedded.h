// Files of page/, search_page/ and vendor/, put into the program when it is
// built.
#pragma once

#include <string_view>

namespace zcp::report::embedded {

extern const std::string_view kPage;    ///< page/index.html
extern const std::string_view kStyle;   ///< page/style.css
extern const std::string_view kScript;  ///< page/*.js, one function
extern const std::string_view kCharts;  ///< vendor/echarts/echarts.min.js

extern const std::string_view kSearchPage;    ///< search_page/index.html
extern const std::string_view kSearchScript;  ///< its scripts, one function

}  // namespace zcp::report::embedded
