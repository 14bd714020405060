"""What tests of every kind build on: distributions, an upstream, a server in the process."""
