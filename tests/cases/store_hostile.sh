# shellcheck shell=bash disable=SC2154
# Views and triggers are refused at once.
for store in hang mem trig; do
  says "exit status 2 for $store.sqlite" "^$store rc 2\$"
  says "a line about $store.sqlite" "^zcp: $store\.sqlite"
done
