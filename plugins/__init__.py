"""The built-in plugins; they are found through the same entry-point group as anyone's."""
