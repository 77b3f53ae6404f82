# shellcheck shell=bash disable=SC2154
# One network that cannot run is a row without scores; the others are scored.
[[ $status -eq 0 || $status -eq 1 ]] || differs "exit status 0 or 1, found $status"
is "models" "$(cut -d, -f1 ../out | tail -n +2 | paste -sd' ')" "net netfix netfrelu"
is "rows with naswot" "$(column naswot | grep -c '^[0-9]')" 2
is "naswot of netfix" "$(column naswot | sed -n 2p)" -
says "a reason that names netfix.pt" 'netfix\.pt'
