# cmake -DOUT=FILE.cpp -DPAGE=FILE -DSTYLE=FILE -DCHARTS=FILE -DSCRIPTS=LIST -DSEARCH_PAGE=FILE -DSEARCH_SCRIPTS=LIST
#   -P embed.cmake
# Writes the C++ source that holds these files as raw strings (see embedded.h).
# The scripts of a page, separated by commas, become one function, so that they share names and the page sees none of them.
# The first is run once, the others anew for each study or search that is shown.
set(delimiter "zcp-embedded")

function(read_text file out)
  file(READ "${file}" text)
  if(text MATCHES "\\)${delimiter}\"")
    message(FATAL_ERROR "${file} holds the delimiter of raw strings")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

read_text("${PAGE}" page)
read_text("${STYLE}" style)
read_text("${CHARTS}" charts)
function(join_scripts files out)
  string(REPLACE "," ";" files "${files}")
  list(POP_FRONT files first)
  read_text("${first}" once)
  set(each "")
  foreach(file IN LISTS files)
    read_text("${file}" text)
    string(APPEND each "${text}\n")
  endforeach()
  set(${out} "(() => {
\"use strict\";
${once}
/** `data`: what is shown, `position`: its place, `ended`: when another is shown. */
function showStudy(data, position, ended) {
${each}}

openStudy(studyInAddress(), showStudy);
})();" PARENT_SCOPE)
endfunction()

join_scripts("${SCRIPTS}" script)
join_scripts("${SEARCH_SCRIPTS}" search_script)
read_text("${SEARCH_PAGE}" search_page)

set(source "#include \"analysis/report/embedded.h\"\n\nnamespace zcp::report::embedded {\n\n")
string(APPEND source "const std::string_view kPage = R\"${delimiter}(${page})${delimiter}\";\n")
string(APPEND source "const std::string_view kStyle = R\"${delimiter}(${style})${delimiter}\";\n")
string(APPEND source "const std::string_view kCharts = R\"${delimiter}(${charts})${delimiter}\";\n")
string(APPEND source "const std::string_view kScript = R\"${delimiter}(${script}\n)${delimiter}\";\n")
string(APPEND source "const std::string_view kSearchPage = R\"${delimiter}(${search_page})${delimiter}\";\n")
string(APPEND source "const std::string_view kSearchScript = R\"${delimiter}(${search_script}\n)${delimiter}\";\n")
string(APPEND source "\n}  // namespace zcp::report::embedded\n")
file(WRITE "${OUT}" "${source}")
