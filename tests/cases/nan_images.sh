# shellcheck shell=bash disable=SC2154
# The reason says that the images hold NaN.
for proxy in naswot epe_nas snip; do
  is "$proxy" "$(column $proxy)" -
  says "NaN as the reason for no $proxy" "no .*$proxy.*images hold NaN"
done
never "no other reason" 'equal ReLU codes|Jacobian is constant'
