//! The embedded demo tenant: a small company behind the same `HttpClient` seam as the real transport.
