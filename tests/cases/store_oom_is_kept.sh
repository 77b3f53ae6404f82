# shellcheck shell=bash disable=SC2154
# Memory that ran out is no property of an architecture.
says "the resumed run to end" '^rc resumed without a limit: 0$'
says "equal tables" '^same$'
