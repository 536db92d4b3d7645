"""The configuration of a stack: its shape, its rules and how it is read.

`loader` reads it for the program, `stack_file` without Pulumi and without the passphrase.
"""
