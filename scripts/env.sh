# shellcheck shell=bash
# The environment of everything that builds images or runs the sample stack. Sourced.

# Image builds fetch packages over TLS. Behind a proxy that puts its own certificate authority in
# force, they need the bundle that this machine trusts; it reaches them as a BuildKit secret.
# Set HOST_CA_BUNDLE yourself, even to nothing, to overrule the choice.
if [ -z "${HOST_CA_BUNDLE+set}" ]; then
    for bundle in \
        "${PIP_CERT:-}" \
        "${SSL_CERT_FILE:-}" \
        "${REQUESTS_CA_BUNDLE:-}" \
        "${CURL_CA_BUNDLE:-}" \
        "${NODE_EXTRA_CA_CERTS:-}" \
        /etc/ssl/certs/ca-certificates.crt \
        /etc/pki/tls/certs/ca-bundle.crt \
        /etc/ssl/cert.pem; do
        if [ -f "$bundle" ] && [ -r "$bundle" ]; then
            export HOST_CA_BUNDLE=$bundle
            break
        fi
    done
    unset bundle
fi
