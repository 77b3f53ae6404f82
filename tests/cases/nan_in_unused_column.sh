# shellcheck shell=bash disable=SC2154
# A column that no option names stops nothing. SciPy: kendalltau(s, acc) = .7333.
is "exit status" "$status" 0
says "tau .733 of s" '^ +s +0 +\.733'
says "tau -1 of params" '^ +params +0 +-1\.000'
