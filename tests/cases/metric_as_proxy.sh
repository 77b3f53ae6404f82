# shellcheck shell=bash disable=SC2154
# The metric is no proxy of itself.
is "exit status" "$status" 0
never "no row of the metric" '^ +acc +[0-9]'
never "no verdict about the metric" 'of 2 proxies beat|acc gains most|^acc beats'
says "a row of the proxy s" '^ +s +[0-9]'
! grep -qE 'acc gains most|[Tt]wo of 2 proxies beat' x.html || differs "no verdict about the metric in x.html"
