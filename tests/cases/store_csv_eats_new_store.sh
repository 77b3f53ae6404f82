# shellcheck shell=bash disable=SC2154
# The table does not replace the store of the same run.
says "exit status 2" '^rc 2$'
is "lines of refusal" "$(grep -c '^zcp: ' ../err)" 1
never "no table over the store" '^arch,'
