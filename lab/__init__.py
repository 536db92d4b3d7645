"""A real Knative cluster, a private registry and the Pulumi toolchain, from package registries only.

`python -m lab up` starts it, `python -m lab --help` lists the rest, `docs/lab.md` says how it is built.
"""
