# shellcheck shell=bash disable=SC2154
# A damaged store is an error, never other rows without a word. The first
# schema has no checksums: there a changed number is warned of.
is "exit statuses" "$(grep -c '^rc ' ../out)" 3
is "good.sqlite" "$("$zcp" export --store good.sqlite 2>/dev/null | wc -l)" 61
for store in half_the_rows a_value_changed; do
  "$zcp" export --store $store.sqlite >rows 2>words
  found=$?
  if [[ $found -eq 2 ]]; then
    grep -q damaged words || differs "the word damaged for $store.sqlite"
  else
    grep -q 'without checksums' words || differs "exit status 2 for $store.sqlite, found $found"
    is "rows of $store.sqlite" "$(wc -l <rows)" 61
  fi
done
