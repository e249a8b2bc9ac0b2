/**
 * A certificate of `receiver.example` that nobody has signed but itself, and its key:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=receiver.example
 * -addext subjectAltName=DNS:receiver.example`
 */
export const CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7dKLAoIeV4Ql59gy
WUZLsijQizwmABlxkow19RutTpKhRANCAAS9HT0Ptj9w5BplbP2Ql6IFCG07Cdy1
A5BNsMB1IOIyGDQeMrXeH9VA5WvBfKYqGDeWDpmsmlaXu3LqYW9dcC3B
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUMfJ2ef70Wb7njwwfBwMWImOJI1gwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTAgFw0yNjExMzAxNjA5NDhaGA8y
MTI2MTEwNjE2MDk0OFowGzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABL0dPQ+2P3DkGmVs/ZCXogUIbTsJ3LUDkE2w
wHUg4jIYNB4ytd4f1UDla8F8pioYN5YOmayaVpe7cuphb11wLcGjcDBuMB0GA1Ud
DgQWBBQyf4ZSzjtk3Ol9QBCX7efOcb98XzAfBgNVHSMEGDAWgBQyf4ZSzjtk3Ol9
QBCX7efOcb98XzAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY2VpdmVy
LmV4YW1wbGUwCgYIKoZIzj0EAwIDSAAwRQIgYqoR0NIobqrCqBbWCWIZl3VrGPbk
AF+bd41mxm/kjlwCIQCQH02AoFfi8TmUoHZ4Bs7zTYrSQUiZuAQzCqhukx75/Q==
-----END CERTIFICATE-----`
} as const
