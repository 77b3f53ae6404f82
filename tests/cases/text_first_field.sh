# shellcheck shell=bash disable=SC2154
# The order of the rows changes nothing; a column left out is named.
outcome() {
  "$zcp" correlate --scores "$1" --truth t.csv --metric acc --bootstrap 0 >rows 2>words
  found=$?
}
outcome a.csv
of_a="$found $(cat rows)"
[[ $found -ne 0 ]] || grep -q '^ *s ' rows || grep -qE "'?s'?.*(NA|line)" words || differs "column s of a.csv or its name"
outcome b.csv
is "outcome of b.csv" "$found $(cat rows)" "$of_a"
[[ $found -ne 0 ]] || grep -q '^ *s ' rows || grep -qE "'?s'?.*(NA|line)" words || differs "column s of b.csv or its name"
outcome th.csv
grep -qE "params.*(no number|expected a|587,386|text)" words || grep -q '^ *params ' rows ||
  differs "a note that params is no number"
never "no word of a missing column params" 'has no column params'
