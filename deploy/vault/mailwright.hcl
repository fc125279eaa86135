# What Mailwright may do in Vault or OpenBao, and nothing else. Take out the parts you do not use.
#   vault policy write mailwright mailwright.hcl

# Secrets (KV version 2): read only.
path "kv/data/mailwright" {
  capabilities = ["read"]
}
path "kv/data/mailwright/*" {
  capabilities = ["read"]
}

# Logins of the database: have one, renew it, give it back.
path "database/creds/mailwright" {
  capabilities = ["read"]
}
path "sys/leases/renew" {
  capabilities = ["update"]
}
path "sys/leases/revoke" {
  capabilities = ["update"]
}

# Certificates of the mail doors and of gRPC.
path "pki/issue/mailwright" {
  capabilities = ["update"]
}

# Its own token (part of the policy "default", too).
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
