#!/bin/sh
# Makes what compose.yaml reads and git does not see: secrets, each in a file of its own (one that is there stays), and where logs come
# from. Needs openssl.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets

keep() {  # NAME: what comes on standard input, unless the file is there
    if [ ! -s "secrets/$1" ]; then
        tr -d '\n' > "secrets/$1.new"
        # Compose mounts the file as it is, and the containers run as other users; nobody else gets into the folder.
        chmod 0644 "secrets/$1.new"
        mv "secrets/$1.new" "secrets/$1"
    fi
}

word() { openssl rand -hex 24; }

for each in postgres_password valkey_password minio_root_password minio_password secret_key demo_password grafana_password \
    keycloak_admin keycloak_web_client keycloak_reports_client; do
    word | keep "$each"
done
printf 'root' | keep minio_root_user
password=$(cat secrets/postgres_password)
printf '"mailwright" "%s"' "$password" | keep pgbouncer_userlist
printf 'postgresql://mailwright:%s@pgbouncer:6432/mailwright' "$password" | keep database_url
printf 'postgresql://mailwright:%s@postgres:5432/mailwright' "$password" | keep database_direct_url
printf 'valkey://:%s@valkey:6379/0' "$(cat secrets/valkey_password)" | keep valkey_url
# The way of the logs is that of deploy/observability; only their source is another one, the containers.
mkdir -p made
{
    cat << 'END'
discovery.docker "here" {
  host = "unix:///var/run/docker.sock"
  filter {
    name   = "label"
    values = ["com.docker.compose.project=mailwright"]
  }
}

loki.source.docker "mailwright" {
  host       = "unix:///var/run/docker.sock"
  targets    = discovery.docker.here.targets
  labels     = { job = "mailwright" }
  forward_to = [loki.process.mailwright.receiver]
}

END
    sed '/^loki.source.journal/,/^}/d' ../observability/alloy/config.alloy
} > made/config.alloy
chmod 0644 made/config.alloy
chmod 0755 made
echo "The secrets are in deploy/compose/secrets. The demo's people have the password in demo_password."
