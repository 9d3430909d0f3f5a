"""Programme files and this organisation's kinds and policy: YAML to and from domain values."""
