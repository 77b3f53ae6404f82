# shellcheck shell=bash disable=SC2154
# A header is skipped, or named as the trouble.
if [[ $status -eq 0 ]]; then
  says "the accuracy 94.1" '94\.1'
else
  is "exit status" "$status" 2
  says "a word about the header" 'header'
fi
