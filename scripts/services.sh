#!/usr/bin/env bash
# Makes sure that the servers the tests talk to answer on 127.0.0.1. What is missing is installed and started where we
# are root on Debian; elsewhere the tests that need it skip and say so.
set -uo pipefail

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

start_postgres() {
  if ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql || return 1
    # This cluster is the tests' own: they come over TCP on this machine without a password.
    for hba in /etc/postgresql/*/main/pg_hba.conf; do
      sed -i -E 's|^(host +all +all +(127\.0\.0\.1/32\|::1/128) +).*|\1trust|' "$hba"
    done
  fi
  local cluster
  cluster=$(ls /etc/postgresql | sort -V | tail -n 1)
  pg_ctlcluster --skip-systemctl-redirect "$cluster" main restart || return 1
  for _ in $(seq 50); do answers 5432 && break; sleep 0.2; done
  su postgres -c "psql -qtAc \"select 1 from pg_database where datname = 'test'\" | grep -q 1 || createdb test"
}

if answers 5432; then
  echo "PostgreSQL answers on 127.0.0.1:5432"
elif can_install && start_postgres && answers 5432; then
  echo "PostgreSQL was started on 127.0.0.1:5432"
else
  echo "PostgreSQL does not answer on 127.0.0.1:5432; the tests that need it will skip"
fi
