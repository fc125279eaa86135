#!/bin/sh
# Fills in what differs from one installation to another, and starts Postfix in the foreground.
#   MAIL_NAME: our name to the world. MAIL_DOMAINS: the domains Mailwright has, with spaces between. LMTP_HOST: where its role lmtp is.
#   TRUSTED_NETWORKS: who may relay. TLS_CHAIN: a file with the key and the certificates (PEM), when there is one.
set -eu
postconf -e "myhostname = ${MAIL_NAME:?}" "virtual_mailbox_domains = ${MAIL_DOMAINS:?}" \
    "virtual_transport = lmtp:inet:${LMTP_HOST:?}:${LMTP_PORT:-2424}" "mynetworks = ${TRUSTED_NETWORKS:-127.0.0.0/8}" \
    "smtpd_tls_chain_files = ${TLS_CHAIN:-}"
sed -i "s/mx\\\\.example\\\\.org/$(printf '%s' "$MAIL_NAME" | sed 's/[.]/\\\\./g')/" /etc/postfix/header_checks
postfix check
exec postfix start-fg
