"""Rules of registry credentials: plain Python, no I/O, no Pulumi.

What stands in a docker config, who reads it, and which credential each reader presents for an image.
"""
