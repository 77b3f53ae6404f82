# shellcheck shell=bash disable=SC2154
# Random labels lie within the outputs of the network.
is "exit status" "$status" 0
says "5 classes in zcp describe" '^classes +5$'
for proxy in params snip naswot; do
  [[ $(column $proxy) == [0-9]* ]] || differs "a score $proxy"
done
