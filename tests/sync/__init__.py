"""The sync protocol: each rule by itself, and named scenarios; the state machine is in proofs/machine."""
