"""Rules for Knative Services: plain Python, no Pulumi, no I/O."""
