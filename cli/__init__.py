"""The commands of `./kpr`."""
