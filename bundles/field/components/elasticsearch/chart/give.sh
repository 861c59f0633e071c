#!/bin/bash
# Gives the store what stands in /etc/given, and its users their passwords of /etc/users; waits until it takes all of it.
# No password is an argument of a program: each goes in by standard input or a file that only this user reads.
set -euo pipefail
umask 077
export CURL_HOME=/tmp
printf 'user = "elastic:%s"\ncacert = "/etc/tls/ca.crt"\nsilent\nshow-error\nfail\noutput = "/dev/null"\nheader = "Content-Type: application/json"\n' \
  "$(cat /etc/users/elastic_password)" >/tmp/.curlrc
store=https://127.0.0.1:9200

given() {
  local file name
  for file in /etc/given/[0-9]*; do
    name=${file##*/} name=${name#*.}
    curl --request PUT --data-binary "@$file" "$store/${name//./\/}" || return
  done
}

user() { # name, roles as JSON
  printf '{"password": "%s", "roles": %s}' "$(cat "/etc/users/$1_password")" "$2" |
    curl --request PUT --data-binary @- "$store/_security/user/$1"
}

users() {
  user writer '["writer"]' && user reader '["reader"]' && user traces '["traces"]' &&
    user people '["reader", "kibana_admin"]' || return
  printf '{"password": "%s"}' "$(cat /etc/users/kibana_password)" |
    curl --request POST --data-binary @- "$store/_security/user/kibana_system/_password"
}

until curl "$store/_cluster/health?wait_for_status=yellow&timeout=30s" && given && users; do
  sleep 5
done
touch /tmp/given
exec sleep infinity
