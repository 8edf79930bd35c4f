//! The wire: go-plugin handshake, pinned TLS, socket, gRPC services, logs. Knows no Azure.
