# shellcheck shell=bash disable=SC2154
# Other separators are read or named; identical rows are taken once, infinities
# rank at their end (SciPy: kendalltau(s, acc) with -inf first = .7333).
read_or_named() {
  local output
  output=$("$zcp" correlate --scores "$1" --truth t.csv --metric acc 2>&1) ||
    grep -qiE "separator|'\\\\t'|tab|semicolon" <<<"$output" ||
    differs "$1 read, or its separator named, found: $(tail -1 <<<"$output")"
}
read_or_named s_semi.csv
read_or_named s_tab.csv
for table in s_dup s_ninf; do
  output=$("$zcp" correlate --scores $table.csv --truth t.csv --metric acc --bootstrap 0 --json) ||
    differs "$table.csv read"
  tau=$(grep -A5 '"proxy": "s"' <<<"$output" | grep -oP '"kendall_tau": \K[-.0-9]+')
  [[ $tau == 0.7333* ]] || differs "tau .7333 of s in $table.csv, found '$tau'"
done
