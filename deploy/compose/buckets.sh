#!/bin/sh
# The bucket of the messages, with its versions kept for 30 days, and a user who may use this bucket and nothing else.
set -eu
export MC_CONFIG_DIR=/tmp/mc
mc alias set here http://minio:9000 "$(cat /run/secrets/minio_root_user)" "$(cat /run/secrets/minio_root_password)" > /dev/null
mc mb --ignore-existing here/mailwright
mc version enable here/mailwright
if ! mc ilm rule ls here/mailwright 2> /dev/null | grep -q noncurrent; then
    mc ilm rule add --noncurrent-expire-days 30 --expire-delete-marker here/mailwright
fi
cat > /tmp/policy.json << 'END'
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], "Resource": ["arn:aws:s3:::mailwright"]},
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
   "Resource": ["arn:aws:s3:::mailwright/*"]}
]}
END
mc admin policy create here mailwright /tmp/policy.json
mc admin user add here mailwright "$(cat /run/secrets/minio_password)"
mc admin policy attach here mailwright --user mailwright || true  # it is attached already
