"""The Artifactory Query Language."""
