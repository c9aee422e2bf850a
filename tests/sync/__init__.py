"""The sync protocol, proved: unit tests of each rule, named scenarios, state machines, and seeded defects."""
