# shellcheck shell=bash disable=SC2154
# A proxy without labels has one score in any company, fresh or from a store.
is "exit status" "$status" 0
is "tables with naswot" "$(column naswot | wc -l)" 4
is "different naswot" "$(column naswot | sort -u | wc -l)" 1
[[ $(column naswot | head -1) == [0-9]* ]] || differs "a score naswot"
is "nwot" "$(column nwot)" "$(column naswot | head -1)"
is "snip" "$(column snip | sort -u)" -
for proxy in swap linear_regions; do
  [[ $(column $proxy) == [0-9]* ]] || differs "a score $proxy"
done
