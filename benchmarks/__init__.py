"""Measurements that print ratios of things measured in the same run; no test depends on them.

``python -m benchmarks.<name>`` in an environment where the plugin is installed; ``--help`` says
what can be chosen.
"""
