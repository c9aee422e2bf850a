"""Proofs that the server keeps its word under load and faults; each is a script that prints its figures.

``python -m proofs.faults.load`` and so on; docs/reliability.md says what each does and what it found. A test
runs the short form of each.
"""
